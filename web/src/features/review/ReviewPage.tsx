import { Button, Group, Kbd, Select, Slider, Text } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { LOCAL_ACTOR } from "../../api/actor";
import { client, dataOf } from "../../api/client";
import { reviewQueueQuery, submittedQuery } from "../../api/queries";
import type { Image } from "../../api/types";
import { Empty } from "../../ui/Empty";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { Page } from "../../ui/Page";
import { BulkAccept } from "./BulkAccept";
import { QUEUES, type QueueName, reasonOf } from "./queues";
import classes from "./review.module.css";
import { Triage } from "./Triage";
import type { Verdict } from "./verdicts";

export interface Waiting {
  image: Image;
  reason: string;
  details: Record<string, unknown>;
}

export function ReviewPage() {
  const { projectId } = useParams({ from: "/projects/$projectId" });
  const [queue, setQueue] = useState<QueueName>("expected_corrections");
  const [from, setFrom] = useState(0.5);
  const [done, setDone] = useState<ReadonlySet<string>>(new Set());
  const [at, setAt] = useState(0);
  const { waiting, error, loading, more } = useQueue(projectId, queue);
  const left = useMemo(() => waiting.filter(({ image }) => !done.has(image.id)), [waiting, done]);
  const place = Math.min(at, left.length - 1);
  const shown = left[place];
  const [verdicts, setVerdicts] = useState<readonly Verdict[]>([]);
  const finish = (ids: readonly string[], verdict: Verdict | null) => {
    setDone((before) => new Set([...before, ...ids]));
    if (verdict) setVerdicts((before) => [...before, verdict]);
  };
  const queries = useQueryClient();
  const last = verdicts.at(-1);
  const undo = useMutation({
    mutationFn: ({ imageIds, before }: Verdict) =>
      dataOf(
        client.POST("/api/projects/{project_id}/undo", {
          params: { path: { project_id: projectId } },
          body: {
            what: { type: "actor", actor_id: LOCAL_ACTOR, image_ids: [...imageIds], after_position: before },
          },
        }),
      ),
    onSuccess: (_report, verdict) => {
      setVerdicts((before) => before.filter((each) => each !== verdict));
      setDone((before) => new Set([...before].filter((id) => !verdict.imageIds.includes(id))));
      const again = waiting.filter(({ image }) => !done.has(image.id) || verdict.imageIds.includes(image.id));
      setAt(
        Math.max(
          0,
          again.findIndex(({ image }) => verdict.imageIds.includes(image.id)),
        ),
      );
      for (const id of verdict.imageIds) void queries.invalidateQueries({ queryKey: ["image", id] });
    },
  });
  const takeBack = () => last && !undo.isPending && undo.mutate(last);
  return (
    <Page
      title="Review"
      lead={QUEUES[queue].lead}
      actions={
        <Select
          aria-label="Queue"
          size="xs"
          w={220}
          allowDeselect={false}
          data={Object.entries(QUEUES).map(([value, { label }]) => ({ value, label }))}
          value={queue}
          onChange={(value) => {
            setQueue(value as QueueName);
            setAt(0);
          }}
          // The keys belong to the picture again.
          onDropdownClose={() => requestAnimationFrame(() => (document.activeElement as HTMLElement | null)?.blur())}
        />
      }
    >
      {error && <ErrorPanel error={error} />}
      {undo.error && <ErrorPanel error={undo.error} />}
      {last && (
        <Group gap="xs" mb="xs">
          <Text size="sm" role="status">
            {last.imageIds.length === 1 ? "One picture done." : `${last.imageIds.length} pictures done at once.`}
          </Text>
          <Button size="compact-xs" variant="default" loading={undo.isPending} onClick={takeBack}>
            Take back <Kbd size="xs">Ctrl Z</Kbd>
          </Button>
        </Group>
      )}
      {!loading && left.length === 0 && (
        <Empty>
          {done.size > 0
            ? "All of this queue is done."
            : "This queue is empty. It fills when a run has looked at the pictures."}
        </Empty>
      )}
      {shown && (
        <div className={classes.desk}>
          <div className={classes.side}>
            <Text size="sm" id="from-label">
              Accept proposals from {from.toFixed(2)}
            </Text>
            <Slider
              min={0.05}
              max={1}
              step={0.05}
              value={from}
              onChange={setFrom}
              label={null}
              thumbLabel="Accept proposals from this confidence"
            />
            <BulkAccept waiting={left} from={from} onDone={finish} />
            <ol className={classes.queue} aria-label={QUEUES[queue].label}>
              {left.map(({ image, reason }, index) => (
                <li key={image.id}>
                  <button
                    type="button"
                    className={classes.entry}
                    aria-current={index === place}
                    onClick={() => setAt(index)}
                  >
                    <img src={`/api/images/${image.id}/thumbnail?size=128`} alt="" loading="lazy" />
                    <span>
                      <span className={classes.name}>{image.file_name}</span>
                      <span className={classes.reason}>{reason || `${image.annotation_count} annotations`}</span>
                    </span>
                  </button>
                </li>
              ))}
            </ol>
            {more && (
              <Button size="xs" variant="default" onClick={more}>
                More
              </Button>
            )}
            <Text size="xs">
              <Kbd size="xs">Enter</Kbd> right, <Kbd size="xs">X</Kbd> reject, <Kbd size="xs">E</Kbd> edit,{" "}
              <Kbd size="xs">J</Kbd> <Kbd size="xs">K</Kbd> next, previous
            </Text>
          </div>
          <Triage
            key={shown.image.id}
            projectId={projectId}
            waiting={shown}
            following={left[place + 1]?.image.id}
            from={from}
            onDone={(verdict) => finish([shown.image.id], verdict)}
            onUndo={takeBack}
            onStep={(step) => setAt(Math.max(0, Math.min(left.length - 1, place + step)))}
          />
        </div>
      )}
    </Page>
  );
}

/** The queue's pictures, whatever list they come from. */
function useQueue(projectId: string, queue: QueueName) {
  const submitted = queue === "submitted";
  const ordered = useInfiniteQuery({
    ...reviewQueueQuery(projectId, submitted ? "expected_corrections" : queue),
    enabled: !submitted,
  });
  const listed = useInfiniteQuery({ ...submittedQuery(projectId), enabled: submitted });
  const waiting = useMemo<Waiting[]>(() => {
    if (submitted)
      return (listed.data?.pages ?? []).flatMap(({ items }) =>
        items.map((image) => ({ image, reason: "", details: {} })),
      );
    return (ordered.data?.pages ?? []).flatMap(({ items }) =>
      items.map(({ image, value, details }) => ({ image, reason: reasonOf(queue, { value, details }), details })),
    );
  }, [submitted, queue, listed.data, ordered.data]);
  const source = submitted ? listed : ordered;
  return {
    waiting,
    error: source.error,
    loading: source.isPending,
    more: source.hasNextPage ? () => void source.fetchNextPage() : null,
  };
}
