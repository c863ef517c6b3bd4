import { Alert, Anchor, Badge, Button, Code, Group, Progress, ScrollArea, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { client, dataOf } from "../../api/client";
import { categoriesQuery, jobQuery, projectQuery, runQuery } from "../../api/queries";
import { Empty } from "../../ui/Empty";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { Figure, Figures } from "../../ui/Figure";
import { LineChart } from "../../ui/LineChart";
import { duration, figure, interval } from "../../ui/numbers";
import { Panel } from "../../ui/Panel";
import { stateColor } from "../../ui/stateColor";
import { CategoryTable } from "./CategoryTable";
import { categoryLines, epochNumbers, lossLines, qualityLines, secondsLeft } from "./curves";
import { runName } from "./runName";

const HELD_OUT: Record<string, string> = {
  audit: "the audit set, which no model ever chose",
  k_fold: "every labelled picture, each by a fold that had not seen it",
  split: "one held-out part of the labelled pictures",
};

export function RunDetails({ projectId, runId }: { projectId: string; runId: string }) {
  const queries = useQueryClient();
  const { data: project } = useQuery(projectQuery(projectId));
  const { data: run, error } = useQuery(runQuery(runId));
  const { data: categories } = useQuery(categoriesQuery(projectId, true));
  const { data: job } = useQuery({ ...jobQuery(run?.job_id ?? ""), enabled: run !== undefined });
  const cancel = useMutation({
    mutationFn: (jobId: string) =>
      dataOf(client.POST("/api/jobs/{job_id}/cancel", { params: { path: { job_id: jobId } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ["jobs"] }),
  });
  const promote = useMutation({
    mutationFn: () =>
      dataOf(client.POST("/api/training-runs/{run_id}/promote", { params: { path: { run_id: runId } } })),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ["project"] });
      void queries.invalidateQueries({ queryKey: ["training-runs"] });
    },
  });
  if (error) return <ErrorPanel error={error} />;
  if (!run) return null;
  const open = run.state === "queued" || run.state === "running";
  const left = job && open ? secondsLeft(job.progress, job.started_at, Date.now()) : null;
  const { metrics, epochs } = run;
  const x = epochNumbers(epochs);
  const perCategory = categoryLines(epochs, categories?.items ?? []);
  return (
    <Panel
      title={runName(run)}
      actions={
        <>
          <Badge variant="light" color={stateColor(run.state)}>
            {run.state}
          </Badge>
          {open && job && (
            <Button size="xs" variant="default" loading={cancel.isPending} onClick={() => cancel.mutate(job.id)}>
              Cancel
            </Button>
          )}
          {run.state === "succeeded" &&
            (project?.promoted_run_id === run.id ? (
              <Badge>current</Badge>
            ) : (
              <Button size="xs" loading={promote.isPending} onClick={() => promote.mutate()}>
                Make current
              </Button>
            ))}
          {run.weights_digest && (
            <Anchor size="sm" href={`/api/training-runs/${run.id}/weights`} download>
              Weights
            </Anchor>
          )}
        </>
      }
    >
      {promote.error && <ErrorPanel error={promote.error} />}
      {run.notices.map((notice) => (
        <Alert key={notice} color="yellow" mb="xs" p="xs">
          {notice}
        </Alert>
      ))}
      {run.error && (
        <Alert color="red" title="It failed" mb="sm">
          {run.error}
        </Alert>
      )}
      {open && job && (
        <div role="status">
          <Progress value={job.progress * 100} animated aria-label="Training progress" />
          <Text size="sm" mt={4} mb="sm">
            {job.message || (run.state === "queued" ? "Waits for a worker" : "Starts")}
            {left !== null && `, about ${duration(left)} left`}
          </Text>
        </div>
      )}
      {metrics && (
        <>
          <Figures>
            <Figure label="mAP50" value={figure(metrics.map50)} note={interval(metrics.interval.map50)} />
            <Figure label="mAP50-95" value={figure(metrics.map50_95)} note={interval(metrics.interval.map50_95)} />
            <Figure label="Precision" value={figure(metrics.precision)} />
            <Figure label="Recall" value={figure(metrics.recall)} />
            <Figure label="Learned from" value={run.train_images} note="pictures" />
            {run.seconds !== null && <Figure label="Took" value={duration(run.seconds)} />}
          </Figures>
          <Text size="sm" my="sm">
            {metrics.held_out
              ? `Measured on ${metrics.held_out.images} pictures: ${HELD_OUT[metrics.held_out.kind]}. Small print: 95 % intervals.`
              : "Nothing was held out, so there are no figures."}
          </Text>
        </>
      )}
      {epochs.length > 0 ? (
        <div style={{ display: "grid", gap: 16, gridTemplateColumns: "repeat(auto-fit, minmax(320px, 1fr))" }}>
          <LineChart title label="Losses by epoch" xLabel="epoch" x={x} lines={lossLines(epochs)} />
          {qualityLines(epochs).length > 0 && (
            <LineChart title label="Quality by epoch" xLabel="epoch" x={x} lines={qualityLines(epochs)} share />
          )}
          {perCategory.length > 0 && (
            <LineChart title label="AP50-95 of each category by epoch" xLabel="epoch" x={x} lines={perCategory} share />
          )}
        </div>
      ) : (
        open && <Empty>The curves begin with the first epoch.</Empty>
      )}
      {metrics && metrics.per_category.length > 0 && <CategoryTable categories={metrics.per_category} />}
      {job?.log_tail && (
        <details open={open}>
          <summary>Log</summary>
          <ScrollArea.Autosize mah={220} type="auto">
            <Code block fz={11} tabIndex={0}>
              {job.log_tail}
            </Code>
          </ScrollArea.Autosize>
        </details>
      )}
      <Group gap="lg" mt="sm">
        <Text size="xs">
          From {run.base_weights || "general weights"}, data as of position {run.as_of_position}
        </Text>
        {run.versions && (
          <Text size="xs">
            {Object.entries(run.versions)
              .map(([name, version]) => `${name} ${version}`)
              .join(", ")}
          </Text>
        )}
      </Group>
    </Panel>
  );
}
