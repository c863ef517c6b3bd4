import { useQueries, useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { fetchImagePage, IMAGES_PER_PAGE, imagePageQuery, imageQuery } from "../../api/queries";
import type { Image } from "../../api/types";
import type { ImageFilter } from "./Filters";
import type { Span } from "./gridMaths";
import { extended, type PageChain, pagesOf, START } from "./pageChain";

/** A list of pictures of which only a part is ever in memory. */
export interface ImageSource {
  total: number;
  pending: boolean;
  error: Error | null;
  /** The picture at that place, or undefined while it is on its way. */
  at: (index: number) => Image | undefined;
  /** Tell what is shown, so that it is fetched. */
  show: (span: Span) => void;
  /** Ids from `start` to before `end`, fetched if need be. */
  ids: (start: number, end: number) => Promise<string[]>;
}

/**
 * The project's pictures under a filter, by pages. Pages are keyset-paged, so the way to a far one leads over the
 * cursors of those before it; they are walked without shapes and forgotten. Mount anew for another filter.
 */
export function useImagePages(projectId: string, filter: ImageFilter): ImageSource {
  const [span, setSpan] = useState<Span>({ start: 0, end: 1 });
  const [chain, setChain] = useState<PageChain>(START);
  const { first, last } = pagesOf(span.start, span.end, IMAGES_PER_PAGE);
  const opening = useQuery(imagePageQuery(projectId, filter, null));
  const total = opening.data?.total ?? 0;
  const shown = Array.from({ length: last - first + 1 }, (_, i) => first + i).filter((page) => page < chain.length);
  const pages = useQueries({ queries: shown.map((page) => imagePageQuery(projectId, filter, chain[page] ?? null)) });

  useEffect(() => {
    pages.forEach(({ data }, i) => {
      const page = shown[i];
      if (data && page !== undefined) setChain((known) => extended(known, page, data.next));
    });
  });

  const walking = useRef(false);
  const goal = Math.min(last, Math.ceil(total / IMAGES_PER_PAGE) - 1);
  useEffect(() => {
    if (walking.current || goal < chain.length) return;
    walking.current = true;
    let left = false;
    void (async () => {
      try {
        let known = chain;
        while (!left && known.length <= goal) {
          const page = known.length - 1;
          const { next } = await fetchImagePage(projectId, filter, known[page] ?? null, []);
          known = extended(known, page, next);
          if (next === null) break;
        }
        setChain(known);
      } finally {
        walking.current = false;
      }
    })();
    return () => {
      left = true;
    };
  }, [goal, chain, projectId, filter]);

  const byPage = new Map(shown.map((page, i) => [page, pages[i]?.data?.items]));
  return {
    total,
    pending: opening.isPending,
    error: opening.error ?? pages.find(({ error }) => error)?.error ?? null,
    at: (index) => byPage.get(Math.floor(index / IMAGES_PER_PAGE))?.[index % IMAGES_PER_PAGE],
    show: useCallback(
      (next: Span) => setSpan((old) => (old.start === next.start && old.end === next.end ? old : next)),
      [],
    ),
    ids: async (start, end) => {
      const ids: string[] = [];
      let cursor: string | null = null;
      for (let at = 0; at < end; at += IMAGES_PER_PAGE) {
        const page = await fetchImagePage(projectId, filter, cursor, []);
        ids.push(...page.items.map(({ id }) => id));
        cursor = page.next;
        if (cursor === null) break;
      }
      return ids.slice(start, end);
    },
  };
}

/** Pictures named one by one, such as what a search found. */
export function useListedImages(ids: readonly string[]): ImageSource {
  const [span, setSpan] = useState<Span>({ start: 0, end: 1 });
  const shown = useMemo(() => ids.slice(span.start, span.end), [ids, span]);
  const images = useQueries({ queries: shown.map((id) => imageQuery(id)) });
  return {
    total: ids.length,
    pending: false,
    error: null,
    at: (index) => images[index - span.start]?.data,
    show: useCallback(
      (next: Span) => setSpan((old) => (old.start === next.start && old.end === next.end ? old : next)),
      [],
    ),
    ids: async (start, end) => ids.slice(start, end),
  };
}
