/** The one table that says which lists an event makes stale; keys are the first part of a query key. */
const STALE_AFTER: Record<string, readonly string[]> = {
  project: ["projects", "project"],
  category: ["categories", "images", "statistics"],
  image: ["images", "image", "project", "projects", "statistics", "review-queue"],
  annotation: ["images", "statistics", "categories", "project", "projects"],
  annotations: ["images", "statistics", "categories", "project", "projects"],
  prediction: ["images", "statistics", "review-queue"],
  predictions: ["images", "statistics", "review-queue", "training-runs"],
  query_batch: ["query-batches", "images"],
  training: ["training-runs", "training-run", "statistics"],
  run: ["training-runs", "project"],
  job: ["jobs", "query-batches", "embedding-map", "duplicates"],
  export: ["exports"],
};

/** The query keys to invalidate for these event types, each once. */
export function staleKeys(eventTypes: Iterable<string>): Set<string> {
  const stale = new Set<string>();
  for (const type of eventTypes) {
    const noun = type.slice(0, type.indexOf("."));
    for (const key of STALE_AFTER[noun] ?? []) stale.add(key);
  }
  return stale;
}
