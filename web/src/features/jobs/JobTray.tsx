import { Badge, Button, Code, Group, Indicator, Popover, Progress, ScrollArea, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { client, dataOf } from "../../api/client";
import { jobsQuery } from "../../api/queries";
import type { Job } from "../../api/types";

const NAMES: Record<string, string> = {
  embed: "Embedding",
  select: "Choosing pictures",
  train: "Training",
  predict: "Auto-annotation",
  export: "Export",
  import: "Import",
};

const COLORS: Record<Job["state"], string> = {
  queued: "gray",
  running: "blue",
  succeeded: "green",
  failed: "red",
  cancelled: "gray",
};

/** The project's jobs, on every page: progress, cancel, retry, and the last words of a failure. */
export function JobTray({ projectId }: { projectId: string }) {
  const { data } = useQuery(jobsQuery(projectId));
  const jobs = data?.items ?? [];
  const active = jobs.filter((job) => job.state === "running" || job.state === "queued");
  const failed = jobs[0]?.state === "failed";
  return (
    <Popover position="bottom-end" width={420} shadow="md" withArrow trapFocus>
      <Popover.Target>
        <Indicator
          disabled={active.length === 0 && !failed}
          color={failed ? "red" : "blue"}
          processing={active.length > 0}
        >
          <Button variant="default" size="xs">
            {active.length > 0 ? `Jobs (${active.length})` : "Jobs"}
          </Button>
        </Indicator>
      </Popover.Target>
      <Popover.Dropdown p="xs" aria-label="Jobs">
        <ScrollArea.Autosize mah="60vh" type="auto">
          {jobs.length === 0 && (
            <Text size="sm" p="xs">
              Nothing has run yet. Embedding, training and auto-annotation show here.
            </Text>
          )}
          <Stack gap="xs">
            {jobs.slice(0, 30).map((job) => (
              <JobCard key={job.id} job={job} />
            ))}
          </Stack>
        </ScrollArea.Autosize>
      </Popover.Dropdown>
    </Popover>
  );
}

export function JobCard({ job }: { job: Job }) {
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: (action: "cancel" | "retry") =>
      dataOf(client.POST(`/api/jobs/{job_id}/${action}`, { params: { path: { job_id: job.id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ["jobs"] }),
  });
  const open = job.state === "running" || job.state === "queued";
  return (
    <Stack gap={4} p="xs" style={{ borderBottom: "1px solid var(--mantine-color-default-border)" }}>
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm" fw={600}>
          {NAMES[job.kind] ?? job.kind}
        </Text>
        <Group gap={6} wrap="nowrap">
          <Badge size="sm" variant="light" color={COLORS[job.state]}>
            {job.cancel_requested && open ? "cancelling" : job.state}
          </Badge>
          {open && (
            <Button
              size="compact-xs"
              variant="default"
              loading={change.isPending}
              onClick={() => change.mutate("cancel")}
            >
              Cancel
            </Button>
          )}
          {(job.state === "failed" || job.state === "cancelled") && (
            <Button
              size="compact-xs"
              variant="default"
              loading={change.isPending}
              onClick={() => change.mutate("retry")}
            >
              Retry
            </Button>
          )}
        </Group>
      </Group>
      {open && <Progress value={job.progress * 100} aria-label={`${NAMES[job.kind] ?? job.kind} progress`} />}
      {job.message && <Text size="xs">{job.message}</Text>}
      {job.error && (
        <Text size="xs" c="red">
          {job.error}
        </Text>
      )}
      {job.error_tail && (
        <Code block fz={11} mah={120} style={{ overflow: "auto" }}>
          {job.error_tail}
        </Code>
      )}
    </Stack>
  );
}
