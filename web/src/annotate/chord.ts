/** A key with its modifiers in one fixed order, such as "Ctrl+Shift+Z". Ctrl stands for Cmd on a Mac. */
export type Chord = string;

export interface KeyPress {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

const NAMES: Readonly<Record<string, string>> = { " ": "Space", Esc: "Escape", Del: "Delete" };
const PUNCTUATION: Readonly<Record<string, string>> = {
  Minus: "-",
  Equal: "=",
  BracketLeft: "[",
  BracketRight: "]",
  Semicolon: ";",
  Quote: "'",
  Backquote: "`",
  Slash: "/",
  Comma: ",",
  Period: ".",
};

function physical(code: string): string | null {
  if (/^Key[A-Z]$/.test(code)) return code.slice(3);
  if (/^(Digit|Numpad)\d$/.test(code)) return code.slice(-1);
  return PUNCTUATION[code] ?? null;
}

/**
 * The chords a key press may mean, best first: what is printed on the key, then where the key is. The second makes the
 * digit row work on AZERTY and letters on a Cyrillic layout.
 */
export function chordsOf(press: KeyPress): Chord[] {
  const ctrl = press.ctrlKey || press.metaKey ? "Ctrl+" : "";
  const alt = press.altKey ? "Alt+" : "";
  const shift = press.shiftKey ? "Shift+" : "";
  const named = NAMES[press.key] ?? (press.key.length === 1 ? press.key.toUpperCase() : press.key);
  // Shift is part of typing "?" or "!", but a modifier of letters and named keys.
  const typed = press.key.length === 1 && !/[a-z ]/i.test(press.key) ? named : `${shift}${named}`;
  const placed = physical(press.code);
  const chords = [`${ctrl}${alt}${typed}`];
  if (placed) chords.push(`${ctrl}${alt}${shift}${placed}`);
  return [...new Set(chords)];
}

/** Chords that belong to the browser and are never bound. */
export const RESERVED: ReadonlySet<Chord> = new Set([
  "Ctrl+W",
  "Ctrl+T",
  "Ctrl+N",
  "Ctrl+Tab",
  "Ctrl+Shift+Tab",
  "Ctrl+R",
  "F5",
  "Ctrl+L",
]);
