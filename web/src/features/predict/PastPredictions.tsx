import { Button, Group, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { client, dataOf } from "../../api/client";
import { jobsQuery } from "../../api/queries";
import type { Job } from "../../api/types";
import { ago } from "../../ui/ago";
import { Empty } from "../../ui/Empty";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { Panel } from "../../ui/Panel";
import { JobCard } from "../jobs/JobCard";

/** Every auto-annotation of the project, newest first; what one accepted can be taken back whole. */
export function PastPredictions({ projectId }: { projectId: string }) {
  const { data } = useQuery(jobsQuery(projectId));
  const jobs = (data?.items ?? []).filter(({ kind }) => kind === "predict");
  return (
    <Panel title="So far">
      {jobs.length === 0 && <Empty>No run has annotated anything yet.</Empty>}
      <Stack gap="xs">
        {jobs.slice(0, 12).map((job) => (
          <PastPrediction key={job.id} projectId={projectId} job={job} />
        ))}
      </Stack>
    </Panel>
  );
}

function PastPrediction({ projectId, job }: { projectId: string; job: Job }) {
  const queries = useQueryClient();
  const withdraw = useMutation({
    mutationFn: () =>
      dataOf(
        client.POST("/api/projects/{project_id}/predictions/{job_id}/withdraw", {
          params: { path: { project_id: projectId, job_id: job.id } },
        }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: ["images"] }),
  });
  const accepting = (job.payload as { mode?: string }).mode === "accept";
  return (
    <div>
      <JobCard job={job} when={`${accepting ? "accepting" : "proposing"}, ${ago(job.created_at)}`} />
      <Group gap="sm" mt={4}>
        {accepting && job.ended_at && (
          <Button
            size="compact-xs"
            variant="default"
            loading={withdraw.isPending}
            disabled={withdraw.isSuccess}
            onClick={() => withdraw.mutate()}
          >
            Undo all it accepted
          </Button>
        )}
        {withdraw.data && (
          <Text size="xs" role="status">
            {withdraw.data.withdrawn} pictures are as before
            {withdraw.data.kept > 0 && `; ${withdraw.data.kept} that people worked on since stay`}
          </Text>
        )}
      </Group>
      {withdraw.error && <ErrorPanel error={withdraw.error} />}
    </div>
  );
}
