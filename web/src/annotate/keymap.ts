import { ACTIONS, type Scope } from "./actions";
import { type Chord, chordsOf, type KeyPress, RESERVED } from "./chord";
import type { Category } from "./model";

export type Bindings = Readonly<Record<string, readonly Chord[]>>;

const digits = (from: number, prefix = "") =>
  Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`class_${from + i}`, [`${prefix}${i + 1}`]]));

const DEFAULT: Bindings = {
  next_image: ["D", "ArrowRight"],
  previous_image: ["A", "ArrowLeft"],
  next_suggested: ["Shift+D"],
  previous_suggested: ["Shift+A"],
  forward_ten: ["PageDown"],
  back_ten: ["PageUp"],
  finish_image: ["Ctrl+Enter"],
  skip_image: ["Ctrl+Space", "Alt+Enter"],
  approve_image: ["Ctrl+Shift+Enter"],
  reject_image: ["Ctrl+Shift+X"],
  mark_empty: ["0"],
  accept_proposal: ["Enter"],
  reject_proposal: ["X"],
  accept_all: ["Shift+Enter"],
  lower_threshold: [";"],
  raise_threshold: ["'"],
  toggle_proposals: ["Y"],
  tool_select: ["V"],
  tool_box: ["R"],
  tool_extremes: ["Shift+R"],
  tool_polygon: ["P"],
  tool_cut: ["Alt+M"],
  tool_pan: ["H"],
  repeat_tool: ["N"],
  draw_at_centre: ["Insert"],
  finish_shape: ["Enter", "N"],
  remove_last_point: ["Backspace", "Ctrl+Z"],
  cancel_shape: ["Escape"],
  ...digits(1),
  ...digits(10, "Shift+"),
  class_search: ["/"],
  change_class: ["C"],
  undo: ["Ctrl+Z"],
  redo: ["Ctrl+Shift+Z", "Ctrl+Y"],
  copy: ["Ctrl+C"],
  paste: ["Ctrl+V"],
  duplicate: ["Ctrl+D"],
  paste_previous: ["Ctrl+Shift+V"],
  merge: ["M"],
  delete: ["Delete", "Backspace"],
  delete_all: ["Ctrl+Backspace"],
  select_all: ["Ctrl+A"],
  select_none: ["Escape", "U"],
  next_shape: ["Tab"],
  previous_shape: ["Shift+Tab"],
  save_now: ["Ctrl+S"],
  peek: ["`"],
  hide: ["Alt+H"],
  show_all: ["Alt+Shift+H"],
  lock: ["L"],
  lock_all: ["Shift+L"],
  nudge_left: ["ArrowLeft"],
  nudge_right: ["ArrowRight"],
  nudge_up: ["ArrowUp"],
  nudge_down: ["ArrowDown"],
  nudge_left_10: ["Shift+ArrowLeft"],
  nudge_right_10: ["Shift+ArrowRight"],
  nudge_up_10: ["Shift+ArrowUp"],
  nudge_down_10: ["Shift+ArrowDown"],
  resize_left: ["Ctrl+ArrowLeft"],
  resize_right: ["Ctrl+ArrowRight"],
  resize_up: ["Ctrl+ArrowUp"],
  resize_down: ["Ctrl+ArrowDown"],
  turn_back: [","],
  turn_on: ["."],
  turn_back_15: ["Shift+,"],
  turn_on_15: ["Shift+."],
  zoom_in: ["=", "+", "Ctrl+=", "Ctrl++"],
  zoom_out: ["-", "Ctrl+-"],
  fit: ["Ctrl+0"],
  actual_size: ["Ctrl+1"],
  next_pane: ["F6"],
  palette: ["Ctrl+K"],
  shortcuts: ["?", "F1"],
};

/** What people who come from elsewhere have in their fingers; everything not named stays as in the default. */
export const PRESETS: Readonly<Record<string, Bindings>> = {
  default: DEFAULT,
  CVAT: {
    ...DEFAULT,
    ...digits(1, "Ctrl+"),
    next_image: ["F", "ArrowRight"],
    previous_image: ["D", "ArrowLeft"],
    next_suggested: ["Shift+F"],
    previous_suggested: ["Shift+D"],
    forward_ten: ["V", "PageDown"],
    back_ten: ["C", "PageUp"],
    tool_select: ["S"],
    change_class: ["G"],
    actual_size: ["Alt+1"],
    hide: ["H", "Alt+H"],
    tool_pan: ["Shift+H"],
    paste_previous: ["Ctrl+B", "Ctrl+Shift+V"],
  },
  "Label Studio": {
    ...DEFAULT,
    next_image: ["Ctrl+ArrowRight", "D"],
    previous_image: ["Ctrl+ArrowLeft", "A"],
    resize_left: ["Alt+Shift+ArrowLeft"],
    resize_right: ["Alt+Shift+ArrowRight"],
    resize_up: ["Alt+Shift+ArrowUp"],
    resize_down: ["Alt+Shift+ArrowDown"],
    lock: ["Alt+L", "L"],
    next_shape: ["Alt+.", "Tab"],
    previous_shape: ["Alt+,", "Shift+Tab"],
  },
  "labelme / X-AnyLabeling": {
    ...DEFAULT,
    tool_select: ["Ctrl+J", "V"],
    tool_polygon: ["P"],
    tool_extremes: ["Shift+R"],
    change_class: ["Ctrl+E", "C"],
    paste_previous: ["Ctrl+P", "Ctrl+Shift+V"],
    fit: ["Ctrl+F", "Ctrl+0"],
    finish_shape: ["Enter", "Space", "N"],
  },
  Lightly: {
    ...DEFAULT,
    next_image: ["ArrowRight"],
    previous_image: ["ArrowLeft", "A"],
    tool_select: ["S", "E"],
    tool_pan: ["D", "H"],
    tool_box: ["B", "R"],
    tool_polygon: ["M", "P"],
    merge: ["Alt+Shift+M"],
    peek: ["V", "`"],
  },
};

export interface KeyConflict {
  readonly chord: Chord;
  readonly actions: readonly string[];
}

const SCOPE = new Map(ACTIONS.map((action) => [action.id, action.scope]));

/** Which scopes are looked at, first match wins. */
export function scopesFor(busy: boolean, selecting: boolean): readonly Scope[] {
  if (busy) return ["drawing", "always"];
  return selecting ? ["selection", "idle", "always"] : ["idle", "always"];
}

/**
 * Chords that two actions of one scope claim, or that are the browser's. An action of the scope "always" clashes with
 * every other; a selection's meaning over an idle one is meant.
 */
export function conflictsOf(bindings: Bindings): KeyConflict[] {
  const claims = new Map<Chord, string[]>();
  for (const [id, chords] of Object.entries(bindings))
    for (const chord of chords) claims.set(chord, [...(claims.get(chord) ?? []), id]);
  return [...claims].flatMap(([chord, ids]) => {
    const clashing = ids.filter((id) => ids.some((other) => other !== id && clash(id, other)));
    if (RESERVED.has(chord)) return [{ chord, actions: ids }];
    return clashing.length > 0 ? [{ chord, actions: clashing }] : [];
  });
}

function clash(a: string, b: string): boolean {
  const [one, other] = [SCOPE.get(a), SCOPE.get(b)];
  return one === other || one === "always" || other === "always";
}

/** The action that a key press means here, or undefined when it means none. */
export function resolve(bindings: Bindings, press: KeyPress, scopes: readonly Scope[]): string | undefined {
  const pressed = chordsOf(press);
  for (const chord of pressed)
    for (const scope of scopes)
      for (const [id, chords] of Object.entries(bindings))
        if (SCOPE.get(id) === scope && chords.includes(chord)) return id;
  return undefined;
}

/** The category whose own key this is. Actions go before: their keys are asked first. */
export function categoryFor(categories: readonly Category[], press: KeyPress): Category | undefined {
  const [chord] = chordsOf(press);
  return categories.find(({ hotkey }) => hotkey && hotkey.toUpperCase() === chord);
}

/** What `hotkey` as a category's key would collide with; digits pick categories, so they collide with nothing. */
export function actionBehind(bindings: Bindings, hotkey: string): string | undefined {
  const chord = hotkey.toUpperCase();
  return Object.keys(bindings).find((id) => !id.startsWith("class_") && bindings[id]?.includes(chord));
}

const KEY = "annotate.keys";

export interface KeyChoice {
  readonly preset: string;
  readonly own: Bindings;
}

export function readKeys(): KeyChoice {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? "null") as KeyChoice | null;
    if (stored && stored.preset in PRESETS) return stored;
  } catch {
    // Unreadable storage means the default keys.
  }
  return { preset: "default", own: {} };
}

export function writeKeys(choice: KeyChoice): void {
  localStorage.setItem(KEY, JSON.stringify(choice));
}

export function bindingsOf({ preset, own }: KeyChoice): Bindings {
  return { ...(PRESETS[preset] ?? DEFAULT), ...own };
}

/** A chord as a person reads it. */
export function spell(chord: Chord): string {
  const names: Record<string, string> = {
    ArrowLeft: "←",
    ArrowRight: "→",
    ArrowUp: "↑",
    ArrowDown: "↓",
    Escape: "Esc",
  };
  return chord
    .split(/\+(?=.)/)
    .map((part) => names[part] ?? part)
    .join(" ");
}
