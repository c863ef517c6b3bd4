import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { ImageFilter } from "../features/pictures/Filters";
import { client, dataOf } from "./client";
import type { paths } from "./schema.gen";

// Query keys start with the noun that src/feed/invalidation.ts names.

export const projectsQuery = (trashed: boolean) =>
  queryOptions({
    queryKey: ["projects", { trashed }],
    queryFn: () => dataOf(client.GET("/api/projects", { params: { query: { trashed, limit: 200 } } })),
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

export const jobsQuery = (projectId: string) =>
  queryOptions({
    queryKey: ["jobs", projectId],
    queryFn: () =>
      dataOf(
        client.GET("/api/projects/{project_id}/jobs", {
          params: { path: { project_id: projectId }, query: { limit: 50 } },
        }),
      ),
  });

const WHILE_RUNNING_MS = 2_000;

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

function isOpen(state: string | undefined): boolean {
  return state === "queued" || state === "running";
}

const IMAGES_PER_PAGE = 200;

export const imagesQuery = (projectId: string, filter: ImageFilter) =>
  infiniteQueryOptions({
    queryKey: ["images", projectId, filter],
    queryFn: ({ pageParam }) =>
      dataOf(
        client.GET("/api/projects/{project_id}/images", {
          params: {
            path: { project_id: projectId },
            query: {
              ...given(filter),
              limit: IMAGES_PER_PAGE,
              include: pageParam ? ["shapes"] : ["shapes", "total"],
              ...(pageParam ? { after: pageParam } : {}),
            },
          },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

/** The filter without what is left open: the client would send it as text. */
function given(filter: ImageFilter): { [K in keyof ImageFilter]?: NonNullable<ImageFilter[K]> } {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
}
