import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { Job } from "../api/types";
import type { FeedState } from "../feed/frames";
import { staleKeys } from "../feed/invalidation";
import { subscribeToProject } from "../feed/projectFeeds";

/** Gather events for this long before reading lists again: a bulk job appends hundreds a second. */
const SETTLE_MS = 250;

/** Keeps every list of the project fresh from its feed; answers whether the line is live. */
export function useProjectFeed(projectId: string): FeedState {
  const queries = useQueryClient();
  const [state, setState] = useState<FeedState>("connecting");
  useEffect(() => {
    const stale = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      timer = undefined;
      for (const key of stale) void queries.invalidateQueries({ queryKey: [key] });
      stale.clear();
    };
    const unsubscribe = subscribeToProject(projectId, {
      onState: setState,
      onEvents: (events) => {
        for (const key of staleKeys(events.map((event) => event.type))) stale.add(key);
        timer ??= setTimeout(flush, SETTLE_MS);
      },
      onProgress: ({ job_id, progress, message }) => {
        queries.setQueriesData<{ items: Job[] } | Job>({ queryKey: ["jobs"] }, (known) => {
          const moved = (job: Job) => (job.id === job_id ? { ...job, progress, message } : job);
          if (!known) return known;
          return "items" in known ? { ...known, items: known.items.map(moved) } : moved(known);
        });
      },
      onResync: () => void queries.invalidateQueries(),
    });
    return () => {
      clearTimeout(timer);
      unsubscribe();
    };
  }, [projectId, queries]);
  return state;
}
