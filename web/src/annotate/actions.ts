import type { ToolName } from "../tools/toolbox";
import { type Bench, state } from "./bench";
import { merge } from "./clipActions";
import { approve, claim, finishImage, toggleEmpty } from "./reviewActions";
import {
  chooseCategoryAt,
  copySelected,
  drawAtCentre,
  duplicate,
  nudge,
  paste,
  pasteFromPrevious,
  removeAll,
  removeSelected,
  resizeBy,
  toggleAll,
  toggleSelected,
  turn,
} from "./shapeActions";
import { acceptAll, acceptProposal, moveThreshold, rejectProposal, walk } from "./triageActions";
import { actualSize, fitImage, zoomBy } from "./viewActions";

/** When a key means this action. A selection's meaning goes before the idle one; drawing has its own. */
export type Scope = "always" | "drawing" | "selection" | "idle";

/** One user intent: toolbar, menu, shortcut and shortcut sheet all show this one definition. */
export interface Action {
  readonly id: string;
  readonly label: string;
  readonly group: string;
  readonly scope: Scope;
  readonly run: (bench: Bench) => void;
}

/** The one action that lasts as long as its key is held; the keyboard ends it. */
export const PEEK = "peek";

const action =
  (group: string, scope: Scope) =>
  (id: string, label: string, run: Action["run"]): Action => ({
    id,
    label,
    group,
    scope,
    run,
  });

const DRAWS: ReadonlySet<ToolName> = new Set(["box", "extremes", "polygon"]);

export function arm(bench: Bench, tool: ToolName): void {
  const before = state(bench).tool;
  bench.toolbox.arm(tool);
  bench.store.setState({ tool, draft: null, ...(DRAWS.has(before) ? { lastTool: before } : {}) });
}

const go = action("Pictures", "idle");
const draw = action("Tools", "idle");
const triage = action("Proposals", "idle");
const edit = action("Edit", "idle");
const shape = action("Shapes", "selection");
const view = action("View", "always");
const klass = action("Classes", "always");
const drawing = action("While drawing", "drawing");

const NUDGES = [
  ["left", -1, 0],
  ["right", 1, 0],
  ["up", 0, -1],
  ["down", 0, 1],
] as const;

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

export const ACTIONS: readonly Action[] = [
  go("next_image", "Next picture", (b) => b.surroundings.go(1)),
  go("previous_image", "Previous picture", (b) => b.surroundings.go(-1)),
  go("next_suggested", "Next suggested picture", (b) => b.surroundings.go(1, "suggested")),
  go("previous_suggested", "Previous suggested picture", (b) => b.surroundings.go(-1, "suggested")),
  go("forward_ten", "Ten pictures on", (b) => b.surroundings.go(10)),
  go("back_ten", "Ten pictures back", (b) => b.surroundings.go(-10)),
  action("Pictures", "always")("finish_image", "Submit and next", (b) => finishImage(b, false)),
  action("Pictures", "always")("skip_image", "Skip without submitting", (b) => b.surroundings.go(1)),
  go("approve_image", "Approve and next", (b) => finishImage(b, true)),
  go("approve_stay", "Approve", approve),
  go("reject_image", "Reject with a reason", (b) => b.surroundings.askRejectReason()),
  go("mark_empty", "Mark as empty, or not", toggleEmpty),
  go("claim_image", "Claim this picture", (b) => claim(b, true)),
  go("release_image", "Release this picture", (b) => claim(b, false)),

  triage("accept_proposal", "Accept proposal", acceptProposal),
  triage("reject_proposal", "Reject proposal", rejectProposal),
  triage("accept_all", "Accept all above the slider", acceptAll),
  triage("lower_threshold", "Show less confident proposals", (b) => moveThreshold(b, -1)),
  triage("raise_threshold", "Show only more confident proposals", (b) => moveThreshold(b, 1)),
  triage("toggle_proposals", "Show or hide proposals", (b) =>
    b.store.setState((s) => ({ proposalsShown: !s.proposalsShown })),
  ),

  draw("tool_select", "Select", (b) => arm(b, "select")),
  draw("tool_box", "Box", (b) => arm(b, "box")),
  draw("tool_extremes", "Box by four extreme points", (b) => arm(b, "extremes")),
  draw("tool_polygon", "Polygon", (b) => arm(b, "polygon")),
  draw("tool_cut", "Cut polygons along a line", (b) => arm(b, "cut")),
  draw("tool_pan", "Pan", (b) => arm(b, "pan")),
  draw("repeat_tool", "Last drawing tool again", (b) =>
    arm(b, DRAWS.has(state(b).tool) ? state(b).tool : state(b).lastTool),
  ),
  draw("draw_at_centre", "Draw a box in the middle, by keyboard", drawAtCentre),

  drawing("finish_shape", "Close the polygon", (b) => b.toolbox.intend("finish")),
  drawing("remove_last_point", "Take back the last point", (b) => b.toolbox.intend("remove_last")),
  drawing("cancel_shape", "Cancel", (b) => b.toolbox.intend("cancel")),

  ...range(1, 18).map((n) => klass(`class_${n}`, `Class ${n}`, (b) => chooseCategoryAt(b, n))),
  klass("class_search", "Search classes", (b) => b.surroundings.openClassSearch()),
  shape("change_class", "Change class", (b) => b.surroundings.openClassSearch()),

  edit("undo", "Undo", (b) => b.editor.undo()),
  edit("redo", "Redo", (b) => b.editor.redo()),
  edit("paste", "Paste at the pointer", paste),
  edit("paste_previous", "Copy all shapes of the previous picture", (b) => void pasteFromPrevious(b)),
  edit("delete_all", "Delete all shapes", removeAll),
  edit("select_all", "Select all", (b) =>
    b.store.setState((s) => ({
      selection: new Set([...(s.shown?.annotations.keys() ?? [])].filter((id) => !s.hidden.has(id))),
    })),
  ),
  edit("select_none", "Select nothing", (b) => b.store.setState({ selection: new Set() })),
  edit("next_shape", "Next shape", (b) => walk(b, 1)),
  edit("previous_shape", "Previous shape", (b) => walk(b, -1)),
  edit("save_now", "Send what waits", (b) => {
    b.outbox.flush();
    b.editor.notify(
      b.outbox.waiting === 0
        ? `Everything is saved, at ${state(b).server?.position ?? 0}.`
        : `Sending ${b.outbox.waiting}.`,
    );
  }),

  shape("delete", "Delete", (b) => {
    if (!b.toolbox.intend("delete")) removeSelected(b);
  }),
  shape("copy", "Copy", copySelected),
  shape("duplicate", "Duplicate", duplicate),
  shape("merge", "Merge into one", (b) => void merge(b)),
  shape("hide", "Hide", (b) => toggleSelected(b, "hidden")),
  shape("lock", "Lock or unlock", (b) => toggleSelected(b, "locked")),
  shape("turn_back", "Turn polygon 1° back", (b) => turn(b, -1)),
  shape("turn_on", "Turn polygon 1° on", (b) => turn(b, 1)),
  shape("turn_back_15", "Turn polygon 15° back", (b) => turn(b, -15)),
  shape("turn_on_15", "Turn polygon 15° on", (b) => turn(b, 15)),
  ...NUDGES.flatMap(([side, dx, dy]) => [
    shape(`nudge_${side}`, `Move 1 px ${side}`, (b) => nudge(b, dx, dy)),
    shape(`nudge_${side}_10`, `Move 10 px ${side}`, (b) => nudge(b, 10 * dx, 10 * dy)),
    shape(`resize_${side}`, `${dx + dy > 0 ? "Grow" : "Shrink"} 1 px ${dx !== 0 ? "wide" : "high"}`, (b) =>
      resizeBy(b, dx, dy),
    ),
  ]),

  edit("show_all", "Show all that is hidden, or hide all", (b) => toggleAll(b, "hidden")),
  edit("lock_all", "Lock or unlock all", (b) => toggleAll(b, "locked")),

  view(PEEK, "Hide all shapes while held", (b) => b.store.setState({ peeking: true })),
  view("zoom_in", "Zoom in", (b) => zoomBy(b.store, 1.25, b.pointer())),
  view("zoom_out", "Zoom out", (b) => zoomBy(b.store, 0.8, b.pointer())),
  view("fit", "Fit the picture", (b) => fitImage(b.store)),
  view("actual_size", "100 %", (b) => actualSize(b.store, b.pointer())),
  view("next_pane", "To the next pane", (b) => b.surroundings.focusNextPane()),
  view("palette", "Find a picture or an action", (b) => b.surroundings.openPalette()),
  view("shortcuts", "This sheet", (b) => b.surroundings.openShortcuts()),
];

export const ACTION: ReadonlyMap<string, Action> = new Map(ACTIONS.map((each) => [each.id, each]));
