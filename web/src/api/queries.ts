import { queryOptions } from "@tanstack/react-query";
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
