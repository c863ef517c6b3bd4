import { Button, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { categoriesQuery, comparisonQuery } from "../../api/queries";
import type { Comparison } from "../../api/types";
import { Empty } from "../../ui/Empty";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { LineChart } from "../../ui/LineChart";
import { Page } from "../../ui/Page";
import { Panel } from "../../ui/Panel";
import classes from "../../ui/ui.module.css";
import { ComparedPictures } from "./ComparedPictures";
import { ConfusionTable } from "./ConfusionTable";
import { comparedCurve } from "./comparedCurve";
import { categoryKey } from "./curves";
import { FigureTable } from "./FigureTable";
import { runName } from "./runName";

export function ComparePage() {
  const { projectId } = useParams({ from: "/projects/$projectId" });
  const { runs } = useSearch({ from: "/projects/$projectId/compare" });
  const ids = runs.split(",").filter(Boolean);
  const { data, error } = useQuery({ ...comparisonQuery(ids), enabled: ids.length >= 2 });
  return (
    <Page
      title="Compare runs"
      lead="Figures on the pictures that every one of these runs was measured on and none was trained on."
      actions={
        <Button
          size="xs"
          variant="default"
          renderRoot={(props) => <Link to="/projects/$projectId/train" params={{ projectId }} {...props} />}
        >
          All runs
        </Button>
      }
    >
      {ids.length < 2 && <Empty>Tick two or more runs on the Train page.</Empty>}
      {error && <ErrorPanel error={error} />}
      {data && (
        <Stack>
          <Panel title={`On ${data.common_images} common ${data.common_images === 1 ? "picture" : "pictures"}`}>
            <FigureTable projectId={projectId} comparison={data} />
          </Panel>
          {data.common_images > 0 && (
            <Panel
              title="What they mistake"
              lead="Boxes of confidence 0.25 and more on the common pictures; a label counts as found from IoU 0.5."
            >
              <Confusion projectId={projectId} comparison={data} />
            </Panel>
          )}
          <Panel title="Curves">
            <Curves projectId={projectId} comparison={data} />
          </Panel>
          {data.common_images > 0 && (
            <Panel
              title="The same pictures"
              lead="What each run finds on pictures it has not learned from, the most different first."
            >
              <ComparedPictures projectId={projectId} runs={data.runs.map(({ run }) => run)} />
            </Panel>
          )}
        </Stack>
      )}
    </Page>
  );
}

function Confusion({ projectId, comparison }: { projectId: string; comparison: Comparison }) {
  const { data: categories } = useQuery(categoriesQuery(projectId, true));
  const names = new Map(categories?.items.map(({ id, name }) => [id, name]));
  return (
    <div className={classes.grid}>
      {comparison.runs.map((compared, index) => (
        <ConfusionTable
          key={compared.run.id}
          compared={compared}
          name={`${index + 1}: ${runName(compared.run)}`}
          names={names}
        />
      ))}
    </div>
  );
}

const CURVES = [
  ["map50_95", "mAP50-95"],
  ["box_loss", "box loss"],
  ["cls_loss", "class loss"],
] as const;

function Curves({ projectId, comparison }: { projectId: string; comparison: Comparison }) {
  const { data: categories } = useQuery(categoriesQuery(projectId, true));
  const runs = comparison.runs.map(({ run }) => run);
  const ofCategories = categories?.items.map(({ id, name }) => [categoryKey(id), `${name}, AP50-95`] as const) ?? [];
  const curves = [...CURVES, ...ofCategories]
    .map(([key, name]) => ({ key, name, ...comparedCurve(runs, key) }))
    .filter(({ lines }) => lines.length > 0);
  if (curves.length === 0) return <Empty>These runs kept no curve.</Empty>;
  return (
    <div className={classes.grid}>
      {curves.map(({ key, name, x, lines }) => (
        <LineChart key={key} title label={`${name} of each run by epoch`} xLabel="epoch" x={x} lines={lines} />
      ))}
    </div>
  );
}
