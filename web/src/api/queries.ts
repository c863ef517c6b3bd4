import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { ImageFilter } from "../features/pictures/Filters";
import { client, dataOf } from "./client";

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
