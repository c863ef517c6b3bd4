/** What one press of Enter, or one bulk acceptance, did: enough to take it back whole. */
export interface Verdict {
  readonly imageIds: readonly string[];
  /** The log position before it. */
  readonly before: number;
}

interface Reply {
  readonly base_version: number;
  readonly version: number;
  readonly position: number | null;
}

/**
 * One image's verdict, from the answer to the commands; null when it changed nothing. Its events are as many as the
 * versions it added, at the places up to `position`.
 */
export function verdictOn(imageId: string, reply: Reply | null): Verdict | null {
  if (!reply || reply.position === null) return null;
  return { imageIds: [imageId], before: reply.position - (reply.version - reply.base_version) };
}

/** Several verdicts as one: from before the first of them. */
export function together(verdicts: readonly Verdict[]): Verdict | null {
  if (verdicts.length === 0) return null;
  return {
    imageIds: verdicts.flatMap(({ imageIds }) => imageIds),
    before: Math.min(...verdicts.map(({ before }) => before)),
  };
}
