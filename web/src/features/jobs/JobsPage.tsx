import { Code, Paper, ScrollArea, SegmentedControl, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { jobQuery, jobsQuery, MOST_LISTED } from "../../api/queries";
import type { Job } from "../../api/types";
import { ago } from "../../ui/ago";
import { Empty } from "../../ui/Empty";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { duration } from "../../ui/numbers";
import { Page } from "../../ui/Page";
import { ShowMore } from "../../ui/ShowMore";
import { JobCard } from "./JobCard";
import { jobName } from "./jobNames";
import classes from "./jobs.module.css";

const SHOWN = {
  all: () => true,
  open: (job: Job) => job.state === "queued" || job.state === "running",
  failed: (job: Job) => job.state === "failed",
};

export function JobsPage() {
  const { projectId } = useParams({ from: "/projects/$projectId" });
  const [shown, setShown] = useState<keyof typeof SHOWN>("all");
  const [limit, setLimit] = useState(50);
  const { data, error, refetch } = useQuery(jobsQuery(projectId, limit));
  const jobs = (data?.items ?? []).filter(SHOWN[shown]);
  return (
    <Page
      title="Jobs"
      lead="Heavy work runs in processes of its own. It survives restarts; a job that fails three times says why and stops."
      actions={
        data?.items.length ? (
          <SegmentedControl
            aria-label="Which jobs"
            size="xs"
            value={shown}
            onChange={(value) => setShown(value as keyof typeof SHOWN)}
            data={[
              { value: "all", label: "All" },
              { value: "open", label: "Waiting and running" },
              { value: "failed", label: "Failed" },
            ]}
          />
        ) : null
      }
    >
      {error && <ErrorPanel error={error} onRetry={() => void refetch()} />}
      {data && jobs.length === 0 && <Empty>{shown === "all" ? "Nothing has run yet." : "None."}</Empty>}
      <Stack gap="sm">
        {jobs.map((job) => (
          <JobDetails key={job.id} job={job} />
        ))}
      </Stack>
      {data?.next && limit < MOST_LISTED && <ShowMore says="Show older jobs" onMore={() => setLimit(MOST_LISTED)} />}
    </Page>
  );
}

function JobDetails({ job }: { job: Job }) {
  const [opened, setOpened] = useState(false);
  const { data } = useQuery({ ...jobQuery(job.id), enabled: opened });
  return (
    <Paper withBorder p="sm" component="article" aria-label={`${jobName(job.kind)}, ${timesOf(job)}`}>
      <JobCard job={job} when={timesOf(job)} />
      <details className={classes.more} onToggle={(event) => setOpened(event.currentTarget.open)}>
        <summary>Log and settings</summary>
        <ScrollArea.Autosize mah={320} type="auto">
          <Code block fz={11} tabIndex={0}>
            {data?.log_tail || "It has said nothing yet."}
          </Code>
        </ScrollArea.Autosize>
        <Text size="xs" mt={4} ff="monospace" style={{ overflowWrap: "anywhere" }}>
          {JSON.stringify(job.payload)}
        </Text>
      </details>
    </Paper>
  );
}

function timesOf(job: Job): string {
  const asked = `asked for ${ago(job.created_at)}`;
  if (!job.started_at) return asked;
  const end = job.ended_at ? Date.parse(job.ended_at) : Date.now();
  const attempt = job.attempt > 1 ? `, attempt ${job.attempt}` : "";
  return `${asked}, ${job.ended_at ? "took" : "running for"} ${duration((end - Date.parse(job.started_at)) / 1000)}${attempt}`;
}
