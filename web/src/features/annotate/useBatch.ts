import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { read } from "../../annotate/imageApi";
import type { ReviewState } from "../../annotate/model";
import { type BatchProgress, batchProgress } from "./batchProgress";
import type { Suggestion } from "./Filmstrip";

export interface Batch extends BatchProgress {
  readonly id: string;
  readonly images: readonly Suggestion[];
  readonly imageIds: readonly string[];
  /** False until the states of its pictures are known. */
  readonly known: boolean;
}

interface WireBatch {
  readonly id: string;
  readonly images: readonly Suggestion[];
}

interface StatePage {
  readonly items: readonly { readonly id: string; readonly state: ReviewState }[];
  readonly next: string | null;
}

/** The batch that was asked for, else the newest that holds pictures; null when there is none, undefined while asking. */
export function useBatch(projectId: string, queryBatchId: string | undefined): Batch | null | undefined {
  const batch = useQuery({
    queryKey: ["query-batches", projectId, queryBatchId ?? "newest", "annotate"],
    queryFn: async () => {
      const path = `/api/projects/${projectId}/query-batches`;
      if (queryBatchId) return read<WireBatch>(`${path}/${queryBatchId}`);
      const { items } = await read<{ items: WireBatch[] }>(`${path}?limit=5`);
      return items.find(({ images }) => images.length > 0) ?? null;
    },
    retry: false,
  });
  const id = batch.data?.id;
  const states = useQuery({
    queryKey: ["images", projectId, "batch", id],
    queryFn: () => statesOf(projectId, id ?? ""),
    enabled: id !== undefined,
  });
  return useMemo(() => {
    if (batch.isPending) return undefined;
    if (!batch.data) return null;
    const imageIds = batch.data.images.map(({ image_id }) => image_id);
    const progress = batchProgress(imageIds, states.data ?? new Map());
    return { ...batch.data, ...progress, imageIds, known: !states.isPending };
  }, [batch.data, batch.isPending, states.data, states.isPending]);
}

async function statesOf(projectId: string, batchId: string): Promise<Map<string, ReviewState>> {
  const states = new Map<string, ReviewState>();
  let after: string | null = null;
  do {
    const query: string = `query_batch_id=${batchId}&limit=500${after ? `&after=${encodeURIComponent(after)}` : ""}`;
    const page: StatePage = await read<StatePage>(`/api/projects/${projectId}/images?${query}`);
    for (const { id, state } of page.items) states.set(id, state);
    after = page.next;
  } while (after);
  return states;
}
