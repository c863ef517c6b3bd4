import { Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { read } from "../../annotate/imageApi";
import type { FeedEvent } from "../../annotate/model";
import classes from "./annotate.module.css";
import { useEditor } from "./WorkplaceContext";

/** Read when the hands rest, not between two gestures. */
const REST_MS = 400;

interface History {
  readonly items: readonly { readonly event: FeedEvent; readonly summary: string; readonly at: string }[];
}

function explain({ data }: FeedEvent): string {
  const parts = [
    typeof data.confidence === "number" && `confidence ${Math.round(data.confidence * 100)} %`,
    typeof data.run_id === "string" && `run ${data.run_id.slice(-6)}`,
  ];
  const said = parts.filter(Boolean).join(", ");
  return said && ` (${said})`;
}

/** Where the selected shape comes from: which run proposed it, who moved it, what was done to the picture since. */
export function HistoryPanel({ nameOf }: { nameOf: (actor: string | null | undefined) => string }) {
  const imageId = useEditor((state) => state.image?.id);
  const version = useEditor((state) => state.server?.version);
  const [chosen, ...others] = useEditor((state) => state.selection);
  const isAnnotation = useEditor((state) => chosen !== undefined && state.shown?.annotations.has(chosen) === true);
  const [restedAt] = useDebouncedValue(`${chosen} ${version}`, REST_MS);
  const wanted = imageId !== undefined && isAnnotation && others.length === 0;
  const history = useQuery({
    queryKey: ["history", imageId, chosen, version],
    queryFn: () => read<History>(`/api/images/${imageId}/history?annotation_id=${chosen}`),
    enabled: wanted && restedAt === `${chosen} ${version}`,
  });
  if (!wanted || chosen === undefined) return null;
  const items = history.data?.items ?? [];
  return (
    <section className={classes.section} aria-label="History of the selected shape">
      <h2 className={classes.heading}>History</h2>
      <ol className={classes.history} data-testid="shape-history">
        {items.map(({ event, summary, at }) => (
          <li key={event.position}>
            {summary}
            {explain(event)}
            <Text size="xs" className={classes.quiet}>
              {nameOf(event.actor)}, {new Date(at).toLocaleString()}
            </Text>
          </li>
        ))}
        {items.length === 0 && (
          <li>
            {history.isPending ? "Reading…" : history.isError ? "Not to be had while offline." : "Not saved yet."}
          </li>
        )}
      </ol>
    </section>
  );
}
