const COLORS: Record<string, string> = {
  queued: "gray",
  running: "blue",
  succeeded: "green",
  failed: "red",
  cancelled: "gray",
};

/** The colour of a job's, a run's or an export's state. */
export function stateColor(state: string): string {
  return COLORS[state] ?? "gray";
}
