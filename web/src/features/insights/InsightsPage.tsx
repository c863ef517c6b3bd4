import { Badge, List, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { statisticsQuery } from "../../api/queries";
import type { ReviewState, Statistics } from "../../api/types";
import { Bars } from "../../ui/Bars";
import { Empty } from "../../ui/Empty";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { LineChart } from "../../ui/LineChart";
import { Page } from "../../ui/Page";
import { Panel } from "../../ui/Panel";
import { lineColor } from "../../ui/palette";
import { STATE_COLORS, STATE_NAMES } from "../../ui/reviewStates";
import layout from "../../ui/ui.module.css";
import { CalibrationPanel } from "./CalibrationPanel";
import { EffortPanel } from "./EffortPanel";
import { learningCurve } from "./learningCurve";

const VERDICTS: Record<Statistics["stop_advice"]["verdict"], { label: string; color: string }> = {
  stop: { label: "stop labelling", color: "green" },
  go_on: { label: "go on", color: "blue" },
  either: { label: "your choice", color: "gray" },
  unknown: { label: "too early", color: "gray" },
};

export function InsightsPage() {
  const { projectId } = useParams({ from: "/projects/$projectId" });
  const { data, error, refetch } = useQuery(statisticsQuery(projectId));
  return (
    <Page
      title="Insights"
      lead="Where the dataset stands, what the loop has saved, and whether another round is worth it."
    >
      {error && <ErrorPanel error={error} onRetry={() => void refetch()} />}
      {data && (
        <div className={layout.packed}>
          <Advice advice={data.stop_advice} />
          <LearningPanel statistics={data} />
          <EffortPanel effort={data.effort} />
          <Panel title="Categories" lead="Annotations of each; a rare one needs pictures of its own.">
            {data.categories.length === 0 ? (
              <Empty>No category yet.</Empty>
            ) : (
              <Bars
                label="Annotations per category"
                bars={[...data.categories]
                  .sort((a, b) => b.count - a.count)
                  .map(({ name, count }) => ({ name, count, color: lineColor(0) }))}
              />
            )}
          </Panel>
          <Panel title="Pictures by state">
            <Bars
              label="Pictures per state"
              bars={(Object.keys(STATE_NAMES) as ReviewState[]).map((state) => ({
                name: STATE_NAMES[state],
                count: data.states[state] ?? 0,
                color: STATE_COLORS[state],
              }))}
            />
          </Panel>
          <CalibrationPanel calibration={data.calibration} />
        </div>
      )}
    </Page>
  );
}

function Advice({ advice }: { advice: Statistics["stop_advice"] }) {
  const { label, color } = VERDICTS[advice.verdict];
  return (
    <Panel
      title="Another round?"
      actions={
        <Badge variant="light" color={color}>
          {label}
        </Badge>
      }
    >
      <Text fw={600} mb="xs">
        {advice.sentence}
      </Text>
      <List size="sm" spacing={4}>
        {advice.reasons.map((reason) => (
          <List.Item key={reason}>{reason}</List.Item>
        ))}
      </List>
    </Panel>
  );
}

function LearningPanel({ statistics }: { statistics: Statistics }) {
  const { x, lines, bands } = learningCurve(statistics.learning_curve);
  return (
    <Panel title="Learning curve" lead="mAP50-95 over labelled pictures; the strip is the 95 % interval.">
      {x.length === 0 ? (
        <Empty>It begins with the first run that was measured.</Empty>
      ) : (
        <LineChart
          label="mAP50-95 over labelled pictures"
          xLabel="labelled pictures"
          x={x}
          lines={lines}
          bands={bands}
          share
        />
      )}
      {x.length > 0 && statistics.no_baseline && <Text size="sm">{statistics.no_baseline}</Text>}
    </Panel>
  );
}
