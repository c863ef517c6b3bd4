import { Badge, Button, Code, Group, Progress, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { client, dataOf } from "../../api/client";
import type { Job } from "../../api/types";
import { stateColor } from "../../ui/stateColor";
import { jobName, jobWords } from "./jobNames";
import classes from "./jobs.module.css";

/** One job: how it stands, what can be done about it, and its last words. `when` says more beside its name. */
export function JobCard({ job, when }: { job: Job; when?: ReactNode }) {
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: (action: "cancel" | "retry") =>
      dataOf(client.POST(`/api/jobs/{job_id}/${action}`, { params: { path: { job_id: job.id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ["jobs"] }),
  });
  const open = job.state === "running" || job.state === "queued";
  const words = jobWords(job);
  return (
    <Stack gap={4} className={classes.job}>
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm" className={classes.name}>
          <strong>{jobName(job.kind)}</strong>
          {when && <span className={classes.when}>{when}</span>}
        </Text>
        <Group gap={6} wrap="nowrap">
          <Badge size="sm" variant="light" color={stateColor(job.state)}>
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
      {open && <Progress value={job.progress * 100} aria-label={`${jobName(job.kind)} progress`} />}
      {words && <Text size="xs">{words}</Text>}
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
