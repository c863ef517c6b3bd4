import { createStore, type StoreApi } from "zustand/vanilla";
import type { Draft } from "../canvas/scene";
import type { ScreenPoint, Size } from "../geometry/point";
import type { Viewport } from "../geometry/viewport";
import type { ToolName } from "../tools/toolbox";
import { EMPTY, type Stacks } from "./history";
import type { Category, ImageDocument, OpenedImage, Problem } from "./model";

export interface Conflict {
  readonly entryId: string;
  readonly label: string;
  readonly problem: Problem;
}

export interface Flash {
  readonly id: string;
  readonly who: string;
  readonly until_ms: number;
}

/** The open image and the state of the hands on it. The stage reads it directly; React reads narrow selectors. */
export interface EditorState {
  readonly image: OpenedImage | null;
  /** What the server said. */
  readonly server: ImageDocument | null;
  /** What is shown: `server` with everything unconfirmed on top. */
  readonly shown: ImageDocument | null;
  readonly pendingIds: ReadonlySet<string>;
  readonly stacks: Stacks;
  readonly categories: readonly Category[];

  readonly tool: ToolName;
  readonly lastTool: ToolName;
  readonly categoryId: string | null;
  readonly selection: ReadonlySet<string>;
  readonly hovered: string | null;
  readonly draft: Draft | null;
  readonly cursor: string;
  readonly crosshairAt: ScreenPoint | null;
  readonly viewport: Viewport;
  readonly canvas: Size;

  readonly hidden: ReadonlySet<string>;
  readonly locked: ReadonlySet<string>;
  readonly peeking: boolean;
  readonly proposalsShown: boolean;
  readonly threshold: number;
  readonly crosshair: boolean;
  readonly labels: boolean;
  readonly patterns: boolean;
  readonly keepZoom: boolean;
  readonly brightness: number;
  readonly contrast: number;

  readonly flashes: readonly Flash[];
  readonly conflicts: readonly Conflict[];
  /** The last thing worth telling, for the status line and screen readers. */
  readonly notice: { readonly text: string; readonly kind: "plain" | "refusal" } | null;
}

export type EditorStore = StoreApi<EditorState>;

const PREFERENCES = ["crosshair", "labels", "patterns", "keepZoom", "threshold", "tool", "categoryId"] as const;
type Preferences = Partial<Pick<EditorState, (typeof PREFERENCES)[number]>>;
const KEY = "annotate.preferences";

export function createEditorStore(): EditorStore {
  const store = createStore<EditorState>(() => ({
    image: null,
    server: null,
    shown: null,
    pendingIds: new Set(),
    stacks: EMPTY,
    categories: [],
    tool: "box",
    lastTool: "box",
    categoryId: null,
    selection: new Set(),
    hovered: null,
    draft: null,
    cursor: "default",
    crosshairAt: null,
    viewport: { scale: 1, tx: 0, ty: 0 },
    canvas: { width: 1, height: 1 },
    hidden: new Set(),
    locked: new Set(),
    peeking: false,
    proposalsShown: true,
    threshold: 0.25,
    crosshair: true,
    labels: true,
    patterns: false,
    keepZoom: false,
    brightness: 1,
    contrast: 1,
    flashes: [],
    conflicts: [],
    notice: null,
    ...readPreferences(),
  }));
  store.subscribe((state, before) => {
    if (PREFERENCES.some((name) => state[name] !== before[name])) writePreferences(state);
  });
  return store;
}

function readPreferences(): Preferences {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}") as Preferences;
  } catch {
    return {};
  }
}

function writePreferences(state: EditorState): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(PREFERENCES.map((name) => [name, state[name]]))));
  } catch {
    // A browser that refuses storage forgets preferences; nothing else depends on them.
  }
}

/** The class of an annotation or a proposal. */
export function categoryIdOf({ shown }: EditorState, id: string): string | undefined {
  return (shown?.annotations.get(id) ?? shown?.predictions.get(id))?.category_id;
}
