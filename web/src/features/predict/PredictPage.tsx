import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { projectQuery, runQuery, runsQuery } from "../../api/queries";
import { Empty } from "../../ui/Empty";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { Page } from "../../ui/Page";
import layout from "../train/train.module.css";
import { PastPredictions } from "./PastPredictions";
import { PredictForm, type Wishes } from "./PredictForm";
import { Preview } from "./Preview";

export function PredictPage() {
  const { projectId } = useParams({ from: "/projects/$projectId" });
  const { data: project } = useQuery(projectQuery(projectId));
  const { data, error, refetch } = useQuery(runsQuery(projectId));
  const runs = (data?.items ?? []).filter(({ state }) => state === "succeeded");
  const [chosen, setChosen] = useState<string | null>(null);
  const [wishes, setWishes] = useState<Wishes>({ acceptance: { by: "nothing" }, quality: "fast" });
  const runId = chosen ?? project?.promoted_run_id ?? runs[0]?.id ?? null;
  const { data: run } = useQuery({ ...runQuery(runId ?? ""), enabled: runId !== null });
  return (
    <Page
      title="Auto-annotate"
      lead="A trained run looks at every picture that nobody has finished. What you have drawn is never touched, and a whole job can be undone."
    >
      {error && <ErrorPanel error={error} onRetry={() => void refetch()} />}
      {data && runs.length === 0 && (
        <Empty>
          No run has succeeded yet.{" "}
          <Link to="/projects/$projectId/train" params={{ projectId }}>
            Train one first
          </Link>
          .
        </Empty>
      )}
      {run && (
        <div className={layout.columns}>
          <PredictForm
            projectId={projectId}
            runs={runs}
            run={run}
            onRun={setChosen}
            wishes={wishes}
            onWishes={setWishes}
          />
          <Stack>
            <Preview projectId={projectId} run={run} wishes={wishes} />
            <PastPredictions projectId={projectId} />
          </Stack>
        </div>
      )}
    </Page>
  );
}
