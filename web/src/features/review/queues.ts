import type { QueueOrder } from "../../api/queries";
import type { QueuedImage } from "../../api/types";

/** The orders in which pictures can be reviewed, and what each is good for. */
export const QUEUES: Record<QueueOrder | "submitted", { label: string; lead: string }> = {
  expected_corrections: {
    label: "Most worth a look",
    lead: "Unfinished pictures by corrections expected per second of your time.",
  },
  uncertainty: { label: "Least sure", lead: "Unfinished pictures on which the run wavers most." },
  probably_missed: {
    label: "Probably missed",
    lead: "Pictures where the run found little although similar labelled pictures hold much.",
  },
  submitted: { label: "Waiting for approval", lead: "Submitted by people, not yet approved." },
  disagreement: { label: "Disagreements", lead: "Finished pictures whose labels differ most from what the run sees." },
  label_errors: { label: "Probable label errors", lead: "Finished pictures whose labels look wrong, the worst first." },
};

export type QueueName = keyof typeof QUEUES;

/** Why a picture stands where it stands, in a few words. */
export function reasonOf(order: QueueName, { value, details }: Pick<QueuedImage, "value" | "details">): string {
  const said = (details as { reason?: unknown }).reason;
  if (typeof said === "string" && said) return said;
  switch (order) {
    case "expected_corrections":
      return `${value.toFixed(2)} corrections per second expected`;
    case "uncertainty":
      return `uncertainty ${value.toFixed(2)}`;
    case "probably_missed":
      return `similar pictures hold ${value.toFixed(0)} boxes`;
    case "disagreement":
      return `${Math.round(100 * value)} % disagreement`;
    case "label_errors":
      return `label quality ${(1 - value).toFixed(2)}`;
    case "submitted":
      return "";
  }
}
