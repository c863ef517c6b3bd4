/** What one press of Enter, or one bulk acceptance, did: enough to take it back whole. */
export interface Verdict {
  readonly imageIds: readonly string[];
  /** The log position before it. */
  readonly before: number;
}

/** One image's verdict, from the answer to its commands; null when it changed nothing. Every command is one event. */
export function verdictOn(imageId: string, commands: number, position: number | null | undefined): Verdict | null {
  return position == null ? null : { imageIds: [imageId], before: position - commands };
}

/** Several verdicts as one: from before the first of them. */
export function together(verdicts: readonly Verdict[]): Verdict | null {
  if (verdicts.length === 0) return null;
  return {
    imageIds: verdicts.flatMap(({ imageIds }) => imageIds),
    before: Math.min(...verdicts.map(({ before }) => before)),
  };
}
