import type { Geometry } from "../geometry/geometry";
import type { Annotation, Prediction } from "./model";

/**
 * Commands as the server takes them, plus what showing them before the answer needs (`snapshot`, `prediction`): those
 * two stay here. All are plain data, so that a queue or a history of them survives a reload.
 */
export type Command =
  | { type: "draw_annotation"; annotation_id: string; category_id: string; geometry: Geometry }
  | { type: "reshape_annotation"; annotation_id: string; geometry: Geometry; expected_version?: number }
  | { type: "recategorise_annotation"; annotation_id: string; category_id: string; expected_version?: number }
  | { type: "delete_annotation"; annotation_id: string; expected_version?: number }
  | { type: "restore_annotation"; annotation_id: string; snapshot: Annotation; prediction?: Prediction }
  | { type: "accept_prediction"; prediction_id: string; annotation_id: string; prediction: Prediction }
  | { type: "reject_prediction"; prediction_id: string }
  | { type: "reopen_prediction"; prediction_id: string; prediction: Prediction }
  | { type: "submit" }
  | { type: "approve" }
  | { type: "reject"; reason: string }
  | { type: "reopen" }
  | { type: "mark_empty" }
  | { type: "claim" }
  | { type: "release" };

/** The command as it goes over the wire. */
export function toWire(command: Command): Record<string, unknown> {
  const {
    snapshot: _snapshot,
    prediction: _prediction,
    ...wire
  } = command as Command & {
    snapshot?: unknown;
    prediction?: unknown;
  };
  return wire;
}

export function annotationOf(command: Command): string | null {
  return "annotation_id" in command ? command.annotation_id : null;
}

/** Annotations that these commands touch. */
export function touchedBy(commands: readonly Command[]): Set<string> {
  return new Set(commands.map(annotationOf).filter((id) => id !== null));
}

type Expecting = Extract<Command, { expected_version?: number }>;

function isExpecting(command: Command): command is Expecting {
  return (
    command.type === "reshape_annotation" ||
    command.type === "recategorise_annotation" ||
    command.type === "delete_annotation"
  );
}

/**
 * Say which version of each annotation the person saw. Left open where an edit of the same annotation is still waiting
 * (`unsettled`): its version is not known before the answer, and the outbox fills it in then.
 */
export function withExpectations(
  commands: readonly Command[],
  versions: (annotation_id: string) => number | undefined,
  unsettled: ReadonlySet<string> = new Set(),
): Command[] {
  const touched = new Set(unsettled);
  return commands.map((command) => {
    const id = annotationOf(command);
    if (id === null) return command;
    const version = touched.has(id) ? undefined : versions(id);
    touched.add(id);
    if (!isExpecting(command)) return command;
    const { expected_version: _stale, ...rest } = command;
    return version === undefined ? rest : { ...rest, expected_version: version };
  });
}
