const NAMES: Record<string, string> = {
  embed: "Embedding",
  select: "Choosing pictures",
  train: "Training",
  predict: "Auto-annotation",
  export: "Export",
  import: "Import",
};

/** What a person calls a job of this kind. */
export function jobName(kind: string): string {
  return NAMES[kind] ?? kind;
}
