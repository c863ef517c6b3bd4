import type { Command } from "./commands";

/** One gesture: what it asked for and what takes it back, both as commands. */
export interface Mark {
  readonly id: string;
  readonly label: string;
  readonly do: readonly Command[];
  readonly undo: readonly Command[];
}

export interface Stacks {
  readonly undo: readonly Mark[];
  readonly redo: readonly Mark[];
}

export const EMPTY: Stacks = { undo: [], redo: [] };
export const CAP = 128;

/** A new gesture clears what could be redone; the oldest mark falls off beyond the cap. */
export function push(stacks: Stacks, mark: Mark): Stacks {
  if (mark.undo.length === 0) return { undo: stacks.undo, redo: [] };
  return { undo: [...stacks.undo, mark].slice(-CAP), redo: [] };
}

export function stepBack({ undo, redo }: Stacks): { mark: Mark; stacks: Stacks } | null {
  const mark = undo[undo.length - 1];
  return mark ? { mark, stacks: { undo: undo.slice(0, -1), redo: [...redo, mark] } } : null;
}

export function stepForward({ undo, redo }: Stacks): { mark: Mark; stacks: Stacks } | null {
  const mark = redo[redo.length - 1];
  return mark ? { mark, stacks: { undo: [...undo, mark].slice(-CAP), redo: redo.slice(0, -1) } } : null;
}

/** The server refused this gesture: it never happened, so it can be neither undone nor redone. */
export function forget({ undo, redo }: Stacks, markId: string): Stacks {
  return { undo: undo.filter((mark) => mark.id !== markId), redo: redo.filter((mark) => mark.id !== markId) };
}
