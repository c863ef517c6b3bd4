import type { Schemas } from "../../api/client";
import type { Image } from "../../api/types";

type Commands = Schemas["Commands"]["commands"];
type Proposal = { confidence: number };

/** What "this is right" means for a picture in its state: take the sure proposals, then move it on. */
export function acceptCommands(
  image: Pick<Image, "state" | "annotation_count">,
  proposals: readonly Proposal[],
  from: number,
): Commands {
  const taken = proposals.filter(({ confidence }) => confidence >= from).length;
  const accept: Commands = taken > 0 ? [{ type: "accept_predictions", min_confidence: from }] : [];
  switch (image.state) {
    case "approved":
      return [];
    case "submitted":
    case "auto":
      return [...accept, { type: "approve" }];
    case "rejected":
      return [...accept, { type: "submit" }];
    case "unlabelled":
    case "in_progress":
      return taken + image.annotation_count === 0 ? [{ type: "mark_empty" }] : [...accept, { type: "submit" }];
  }
}

/** Whether a person can send it back with a reason: only what somebody or something has worked on. */
export function canReject({ state }: Pick<Image, "state">): boolean {
  return state === "submitted" || state === "approved" || state === "auto" || state === "in_progress";
}
