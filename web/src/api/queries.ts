import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { ImageFilter } from "../features/pictures/Filters";
import { client, dataOf } from "./client";
import type { paths } from "./schema.gen";
import type { ReviewState } from "./types";

// Query keys start with the noun that src/feed/invalidation.ts names.

/** How many of a list the server gives at once, at most. */
export const MOST_LISTED = 500;

export const projectsQuery = (trashed: boolean, limit = 60) =>
  queryOptions({
    queryKey: ["projects", trashed ? "trashed" : "live", { limit }],
    queryFn: () => dataOf(client.GET("/api/projects", { params: { query: { trashed, limit } } })),
    placeholderData: (before, query) => (query?.queryKey[1] === (trashed ? "trashed" : "live") ? before : undefined),
  });

export const projectQuery = (projectId: string) =>
  queryOptions({
    queryKey: ["project", projectId],
    queryFn: () => dataOf(client.GET("/api/projects/{project_id}", { params: { path: { project_id: projectId } } })),
  });

export const categoriesQuery = (projectId: string, includeInactive = false) =>
  queryOptions({
    queryKey: ["categories", projectId, { includeInactive }],
    queryFn: () =>
      dataOf(
        client.GET("/api/projects/{project_id}/categories", {
          params: { path: { project_id: projectId }, query: { include_inactive: includeInactive } },
        }),
      ),
  });

export const jobsQuery = (projectId: string, limit = 50) =>
  queryOptions({
    queryKey: ["jobs", projectId, { limit }],
    queryFn: () =>
      dataOf(
        client.GET("/api/projects/{project_id}/jobs", {
          params: { path: { project_id: projectId }, query: { limit } },
        }),
      ),
    placeholderData: (before, query) => (query?.queryKey[1] === projectId ? before : undefined),
  });

const WHILE_RUNNING_MS = 2_000;
const EVERYWHERE_MS = 5_000;

/** Of all projects: no feed tells of them, so they are read again and again. */
export const allJobsQuery = queryOptions({
  queryKey: ["jobs", "everywhere"],
  queryFn: () => dataOf(client.GET("/api/jobs", { params: { query: { limit: 30 } } })),
  refetchInterval: ({ state }) =>
    state.data?.items.some((job) => isOpen(job.state)) ? WHILE_RUNNING_MS : EVERYWHERE_MS,
});

/** One job with its log; read again while it runs, because a log comes with no event. */
export const jobQuery = (jobId: string) =>
  queryOptions({
    queryKey: ["jobs", "one", jobId],
    queryFn: () => dataOf(client.GET("/api/jobs/{job_id}", { params: { path: { job_id: jobId } } })),
    refetchInterval: ({ state }) => (isOpen(state.data?.state) ? WHILE_RUNNING_MS : false),
  });

export const runsQuery = (projectId: string) =>
  queryOptions({
    queryKey: ["training-runs", projectId],
    queryFn: () =>
      dataOf(
        client.GET("/api/projects/{project_id}/training-runs", {
          params: { path: { project_id: projectId }, query: { limit: 100 } },
        }),
      ),
  });

/** One run; read again while it trains, because an epoch is a row and no event. */
export const runQuery = (runId: string) =>
  queryOptions({
    queryKey: ["training-run", runId],
    queryFn: () => dataOf(client.GET("/api/training-runs/{run_id}", { params: { path: { run_id: runId } } })),
    refetchInterval: ({ state }) => (isOpen(state.data?.state) ? WHILE_RUNNING_MS : false),
  });

export const comparisonQuery = (ids: readonly string[]) =>
  queryOptions({
    queryKey: ["training-runs", "compare", ids],
    queryFn: () => dataOf(client.GET("/api/training-runs/compare", { params: { query: { ids: [...ids] } } })),
  });

/** The pictures that these runs were all measured on, those first on which they differ most. */
export const comparedPicturesQuery = (ids: readonly string[], minConfidence: number) =>
  infiniteQueryOptions({
    queryKey: ["training-runs", "compare", ids, "pictures", minConfidence],
    queryFn: ({ pageParam }) =>
      dataOf(
        client.GET("/api/training-runs/compare/pictures", {
          params: {
            query: {
              ids: [...ids],
              min_confidence: minConfidence,
              limit: 8,
              ...(pageParam ? { after: pageParam } : {}),
            },
          },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: (before) => before,
  });

export const annotationsQuery = (imageId: string) =>
  queryOptions({
    queryKey: ["image", imageId, "annotations"],
    queryFn: () =>
      dataOf(client.GET("/api/images/{image_id}/annotations", { params: { path: { image_id: imageId } } })),
  });

export type QueueOrder = NonNullable<
  NonNullable<paths["/api/projects/{project_id}/review-queue"]["get"]["parameters"]["query"]>["order"]
>;

export const reviewQueueQuery = (projectId: string, order: QueueOrder) =>
  infiniteQueryOptions({
    queryKey: ["review-queue", projectId, order],
    queryFn: ({ pageParam }) =>
      dataOf(
        client.GET("/api/projects/{project_id}/review-queue", {
          params: {
            path: { project_id: projectId },
            query: { order, limit: 60, ...(pageParam ? { after: pageParam } : {}) },
          },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

const UNCERTAINTIES_AT_MOST = 5_000;

/** How unsure the current run is of each unfinished picture, the unsurest thousands: what the map is coloured by. */
export const uncertaintiesQuery = (projectId: string) =>
  queryOptions({
    queryKey: ["review-queue", projectId, "uncertainties"],
    queryFn: async () => {
      const values = new Map<string, number>();
      let after: string | null = null;
      do {
        const { items, next }: { items: { image: { id: string }; value: number }[]; next: string | null } =
          await dataOf(
            client.GET("/api/projects/{project_id}/review-queue", {
              params: {
                path: { project_id: projectId },
                query: { order: "uncertainty", limit: 500, ...(after ? { after } : {}) },
              },
            }),
          );
        for (const { image, value } of items) values.set(image.id, value);
        after = next;
      } while (after && values.size < UNCERTAINTIES_AT_MOST);
      return values;
    },
  });

function isOpen(state: string | undefined): boolean {
  return state === "queued" || state === "running";
}

export const imageQuery = (imageId: string) =>
  queryOptions({
    queryKey: ["image", imageId],
    queryFn: () => dataOf(client.GET("/api/images/{image_id}", { params: { path: { image_id: imageId } } })),
    staleTime: 30_000,
  });

/** How many pictures a page of the gallery holds. */
export const IMAGES_PER_PAGE = 200;

const PAGE_KEPT_MS = 60_000;

/** One page of the gallery after `cursor`; pages far from what is shown are forgotten after a minute. */
export const imagePageQuery = (projectId: string, filter: ImageFilter, cursor: string | null) =>
  queryOptions({
    queryKey: ["images", projectId, filter, cursor],
    queryFn: () => fetchImagePage(projectId, filter, cursor, cursor === null ? ["shapes", "total"] : ["shapes"]),
    gcTime: PAGE_KEPT_MS,
  });

/** A page; `include` nothing when only the way to the next one is wanted. */
export function fetchImagePage(
  projectId: string,
  filter: ImageFilter,
  cursor: string | null,
  include: ("shapes" | "total")[],
) {
  return dataOf(
    client.GET("/api/projects/{project_id}/images", {
      params: {
        path: { project_id: projectId },
        query: {
          ...given(filter),
          limit: IMAGES_PER_PAGE,
          ...(include.length > 0 ? { include } : {}),
          ...(cursor ? { after: cursor } : {}),
        },
      },
    }),
  );
}

/** The submitted pictures, oldest first: what waits for an approval. */
export const submittedQuery = (projectId: string) =>
  infiniteQueryOptions({
    queryKey: ["images", projectId, "submitted"],
    queryFn: ({ pageParam }) => fetchImagePage(projectId, { state: ["submitted"] }, pageParam, []),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

export const searchQuery = (projectId: string, wanted: { text: string } | { image_id: string }) =>
  queryOptions({
    queryKey: ["search", projectId, wanted],
    queryFn: () =>
      dataOf(
        client.GET("/api/projects/{project_id}/search", {
          params: { path: { project_id: projectId }, query: { ...wanted, limit: 200 } },
        }),
      ),
    retry: false,
    staleTime: 60_000,
  });

export const duplicatesQuery = (projectId: string) =>
  infiniteQueryOptions({
    queryKey: ["duplicates", projectId],
    queryFn: ({ pageParam }) =>
      dataOf(
        client.GET("/api/projects/{project_id}/duplicates", {
          params: { path: { project_id: projectId }, query: { limit: 50, ...(pageParam ? { after: pageParam } : {}) } },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

export const embeddingMapQuery = (projectId: string) =>
  infiniteQueryOptions({
    queryKey: ["embedding-map", projectId],
    queryFn: ({ pageParam }) =>
      dataOf(
        client.GET("/api/projects/{project_id}/embedding-map", {
          params: {
            path: { project_id: projectId },
            query: { limit: 20_000, ...(pageParam ? { after: pageParam } : {}) },
          },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: 30_000,
  });

export const queryBatchesQuery = (projectId: string) =>
  queryOptions({
    queryKey: ["query-batches", projectId, "list"],
    queryFn: () =>
      dataOf(
        client.GET("/api/projects/{project_id}/query-batches", {
          params: { path: { project_id: projectId }, query: { limit: 20 } },
        }),
      ),
  });

export const statisticsQuery = (projectId: string) =>
  queryOptions({
    queryKey: ["statistics", projectId],
    queryFn: () =>
      dataOf(client.GET("/api/projects/{project_id}/statistics", { params: { path: { project_id: projectId } } })),
  });

export const exportsQuery = (projectId: string, limit = 20) =>
  queryOptions({
    queryKey: ["exports", projectId, { limit }],
    queryFn: () =>
      dataOf(
        client.GET("/api/projects/{project_id}/exports", {
          params: { path: { project_id: projectId }, query: { limit } },
        }),
      ),
    placeholderData: (before, query) => (query?.queryKey[1] === projectId ? before : undefined),
  });

/** The filter without what is left open: the client would send it as text. */
function given(filter: ImageFilter): { [K in keyof ImageFilter]?: NonNullable<ImageFilter[K]> } {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
}

/** What an export of these review states would hold now. */
export const exportPreviewQuery = (projectId: string, states: readonly ReviewState[]) =>
  queryOptions({
    queryKey: ["images", projectId, "export-preview", states],
    queryFn: () =>
      dataOf(
        client.GET("/api/projects/{project_id}/exports/preview", {
          params: { path: { project_id: projectId }, query: { state: [...states] } },
        }),
      ),
  });
