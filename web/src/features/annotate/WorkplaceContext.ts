import { createContext, useContext } from "react";
import { useStore } from "zustand";
import { ACTION } from "../../annotate/actions";
import type { Bench } from "../../annotate/bench";
import { type Bindings, spell } from "../../annotate/keymap";
import type { EditorState } from "../../annotate/store";
import type { Workplace } from "../../annotate/workplace";

export interface WorkplaceValue {
  readonly workplace: Workplace;
  readonly bindings: Bindings;
}

export const WorkplaceContext = createContext<WorkplaceValue | null>(null);

export function useWorkplace(): WorkplaceValue {
  const value = useContext(WorkplaceContext);
  if (!value) throw new Error("only inside the annotation page");
  return value;
}

export function useBench(): Bench {
  return useWorkplace().workplace.bench;
}

/** A narrow slice of the open image's state. */
export function useEditor<T>(select: (state: EditorState) => T): T {
  return useStore(useBench().store, select);
}

export interface ActionView {
  readonly label: string;
  /** The key as a person reads it, or "" when none is bound. */
  readonly keys: string;
  readonly run: () => void;
}

/** One action as buttons, menus and tooltips show it. */
export function useAction(id: string): ActionView {
  const { workplace, bindings } = useWorkplace();
  const action = ACTION.get(id);
  if (!action) throw new Error(`no action ${id}`);
  const [chord] = bindings[id] ?? [];
  return { label: action.label, keys: chord ? spell(chord) : "", run: () => action.run(workplace.bench) };
}
