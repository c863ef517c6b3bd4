import type { Job } from "../../api/types";

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

/** Where a job is, or what a finished export holds: its last progress is lost to whoever looks late. */
export function jobWords({ kind, state, message, result }: Pick<Job, "kind" | "state" | "message" | "result">): string {
  if (kind !== "export" || state !== "succeeded" || !result) return message;
  const { images, annotations } = result as { images: number; annotations: number };
  return `${images.toLocaleString("en")} pictures with ${annotations.toLocaleString("en")} annotations`;
}
