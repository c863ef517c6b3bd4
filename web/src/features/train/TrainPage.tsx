import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { projectQuery, runsQuery } from "../../api/queries";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { Page } from "../../ui/Page";
import { HabitsPanel } from "./HabitsPanel";
import { ReadinessPanel } from "./ReadinessPanel";
import { RunDetails } from "./RunDetails";
import { RunList } from "./RunList";
import { SettingsForm } from "./SettingsForm";
import classes from "./train.module.css";

export function TrainPage() {
  const { projectId } = useParams({ from: "/projects/$projectId" });
  const { run } = useSearch({ from: "/projects/$projectId/train" });
  const navigate = useNavigate({ from: "/projects/$projectId/train" });
  const { data: project } = useQuery(projectQuery(projectId));
  const { data, error, refetch } = useQuery(runsQuery(projectId));
  const runs = data?.items ?? [];
  const shown = run ?? runs[0]?.id;
  const show = ({ id }: { id: string }) => void navigate({ search: { run: id }, replace: true });
  return (
    <Page
      title="Train"
      lead="A run learns from every picture that is submitted or approved right now, empty ones included."
    >
      {error && <ErrorPanel error={error} onRetry={() => void refetch()} />}
      <div className={classes.columns}>
        <Stack>
          <ReadinessPanel projectId={projectId} />
          <SettingsForm projectId={projectId} runs={runs} onStarted={show} />
          {project && <HabitsPanel project={project} />}
        </Stack>
        <Stack>
          {shown && <RunDetails projectId={projectId} runId={shown} />}
          <RunList projectId={projectId} runs={runs} shown={shown} promoted={project?.promoted_run_id} onShow={show} />
        </Stack>
      </div>
    </Page>
  );
}
