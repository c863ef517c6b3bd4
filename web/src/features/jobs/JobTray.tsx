import { Button, Indicator, Popover, ScrollArea, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { jobsQuery } from "../../api/queries";
import { ago } from "../../ui/ago";
import { JobCard } from "./JobCard";
import classes from "./jobs.module.css";

/** The project's jobs, on every page: progress, cancel, retry, and the last words of a failure. */
export function JobTray({ projectId }: { projectId: string }) {
  const { data } = useQuery(jobsQuery(projectId));
  const jobs = data?.items ?? [];
  const active = jobs.filter((job) => job.state === "running" || job.state === "queued");
  const failed = jobs[0]?.state === "failed";
  return (
    <Popover position="bottom-end" width={420} shadow="md" withArrow trapFocus>
      <Indicator
        disabled={active.length === 0 && !failed}
        color={failed ? "red" : "blue"}
        processing={active.length > 0}
      >
        <Popover.Target>
          <Button variant="default" size="xs">
            {active.length > 0 ? `Jobs (${active.length})` : "Jobs"}
          </Button>
        </Popover.Target>
      </Indicator>
      <Popover.Dropdown p="xs" aria-label="Jobs">
        <ScrollArea.Autosize mah="60vh" type="auto">
          {jobs.length === 0 && (
            <Text size="sm" p="xs">
              Nothing has run yet. Embedding, training and auto-annotation show here.
            </Text>
          )}
          <ul className={classes.tray}>
            {jobs.slice(0, 30).map((job) => (
              <li key={job.id}>
                <JobCard job={job} when={ago(job.created_at)} />
              </li>
            ))}
          </ul>
        </ScrollArea.Autosize>
      </Popover.Dropdown>
    </Popover>
  );
}
