import { Button, Progress, SimpleGrid, Text } from "@mantine/core";
import { useMutation, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client, dataOf, idempotencyKey } from "../../api/client";
import { annotationsQuery, categoriesQuery, jobQuery } from "../../api/queries";
import type { Image, TrainingRun } from "../../api/types";
import { Empty } from "../../ui/Empty";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { Panel } from "../../ui/Panel";
import { ShapeOverlay } from "../../ui/ShapeOverlay";
import classes from "../../ui/ui.module.css";
import { acceptedFrom, outcomeOf, sample } from "./acceptance";
import type { Wishes } from "./PredictForm";

const SHOWN = 24;

/** The run at work on a few random unfinished pictures, judged by the settings beside it before all are done. */
export function Preview({ projectId, run, wishes }: { projectId: string; run: TrainingRun; wishes: Wishes }) {
  const queries = useQueryClient();
  const [images, setImages] = useState<readonly Image[]>([]);
  const ask = useMutation({
    mutationFn: async () => {
      const { items } = await dataOf(
        client.GET("/api/projects/{project_id}/images", {
          params: { path: { project_id: projectId }, query: { state: ["unlabelled", "in_progress"], limit: 500 } },
        }),
      );
      const chosen = sample(items, SHOWN);
      setImages(chosen);
      if (chosen.length === 0) return null;
      const { job } = await dataOf(
        client.POST("/api/projects/{project_id}/predictions", {
          params: { path: { project_id: projectId } },
          body: {
            run_id: run.id,
            mode: "suggest",
            quality: wishes.quality,
            image_filter: { image_ids: chosen.map(({ id }) => id) },
          },
          headers: { "Idempotency-Key": idempotencyKey() },
        }),
      );
      void queries.invalidateQueries({ queryKey: ["jobs"] });
      return job.id;
    },
  });
  const jobId = ask.data;
  const { data: job } = useQuery({ ...jobQuery(jobId ?? ""), enabled: Boolean(jobId) });
  const done = job?.state === "succeeded";
  return (
    <Panel
      title="Preview"
      lead={`On ${SHOWN} random unfinished pictures. The boxes stay as proposals; nothing is accepted.`}
      actions={
        <Button
          size="xs"
          variant="default"
          loading={ask.isPending || (job !== undefined && !job.ended_at)}
          onClick={() => ask.mutate()}
        >
          {done ? "Other pictures" : "Preview"}
        </Button>
      }
    >
      {ask.error && <ErrorPanel error={ask.error} />}
      {ask.data === null && <Empty>No unfinished picture is left.</Empty>}
      {job && !job.ended_at && (
        <div role="status">
          <Progress value={job.progress * 100} aria-label="Preview progress" />
          <Text size="sm">{job.message || "Waits for a worker"}</Text>
        </div>
      )}
      {job?.error && <ErrorPanel error={new Error(job.error)} />}
      {done && <PreviewedPictures projectId={projectId} images={images} run={run} wishes={wishes} />}
    </Panel>
  );
}

function PreviewedPictures({
  projectId,
  images,
  run,
  wishes,
}: {
  projectId: string;
  images: readonly Image[];
  run: TrainingRun;
  wishes: Wishes;
}) {
  const { data: categories } = useQuery(categoriesQuery(projectId));
  const colors = new Map(categories?.items.map(({ id, color }) => [id, color]));
  const documents = useQueries({ queries: images.map(({ id }) => annotationsQuery(id)) });
  const boxes = documents.flatMap(({ data }) => (data?.predictions ?? []).filter(({ run_id }) => run_id === run.id));
  const { accepted, left } = outcomeOf(boxes, wishes.acceptance, run.metrics);
  return (
    <>
      <Text size="sm" mb="xs" role="status">
        {accepted.toLocaleString()} boxes would be accepted, {left.toLocaleString()} left for review (faint).
      </Text>
      <SimpleGrid cols={{ base: 2, sm: 3, lg: 4, xl: 6 }} spacing="xs">
        {images.map((image, index) => (
          <div key={image.id} className={classes.thumb} style={{ aspectRatio: `${image.width} / ${image.height}` }}>
            <img src={`/api/images/${image.id}/thumbnail?size=256`} alt={image.file_name} loading="lazy" />
            <ShapeOverlay
              image={image}
              colors={colors}
              shapes={(documents[index]?.data?.predictions ?? [])
                .filter(({ run_id }) => run_id === run.id)
                .map((each) => {
                  const from = acceptedFrom(wishes.acceptance, run.metrics, each.category_id);
                  return { ...each, layer: "annotation", faint: from === null || each.confidence < from };
                })}
            />
          </div>
        ))}
      </SimpleGrid>
    </>
  );
}
