/** What a run got wrong on one picture, in words. */
export function mistakesIn({ missed, wrong }: { missed: number; wrong: number }): string {
  const parts = [missed > 0 && `${missed} missed`, wrong > 0 && `${wrong} wrong`].filter(Boolean);
  return parts.length > 0 ? parts.join(", ") : "all right";
}
