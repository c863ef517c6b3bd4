import { Button, Indicator, Popover, ScrollArea, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { allJobsQuery, jobsQuery } from "../../api/queries";
import type { Job, Project } from "../../api/types";
import { ago } from "../../ui/ago";
import { JobCard } from "./JobCard";
import classes from "./jobs.module.css";

/** The project's jobs, on every page: progress, cancel, retry, and the last words of a failure. */
export function JobTray({ projectId }: { projectId: string }) {
  const { data } = useQuery(jobsQuery(projectId));
  return <Tray jobs={data?.items ?? []} />;
}

/** The jobs of all projects, each with the name of its own. */
export function AllJobsTray({ projects }: { projects: readonly Project[] }) {
  const { data } = useQuery(allJobsQuery);
  const names = new Map(projects.map(({ id, name }) => [id, name]));
  return <Tray jobs={data?.items ?? []} placeOf={(job) => names.get(job.project_id)} />;
}

function Tray({ jobs, placeOf }: { jobs: readonly Job[]; placeOf?: (job: Job) => string | undefined }) {
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
                <JobCard job={job} when={[placeOf?.(job), ago(job.created_at)].filter(Boolean).join(", ")} />
              </li>
            ))}
          </ul>
        </ScrollArea.Autosize>
      </Popover.Dropdown>
    </Popover>
  );
}
