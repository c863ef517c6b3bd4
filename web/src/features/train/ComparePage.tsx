import { Badge, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";
import { Fragment } from "react";
import { categoriesQuery, comparisonQuery } from "../../api/queries";
import type { Comparison } from "../../api/types";
import { Empty } from "../../ui/Empty";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { LineChart } from "../../ui/LineChart";
import { figure, interval } from "../../ui/numbers";
import { Page } from "../../ui/Page";
import { Panel } from "../../ui/Panel";
import { lineColor } from "../../ui/palette";
import classes from "../../ui/ui.module.css";
import { ComparedPictures } from "./ComparedPictures";
import { comparedCurve } from "./comparedCurve";
import { categoryKey } from "./curves";
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
    >
      {ids.length < 2 && <Empty>Tick two or more runs on the Train page.</Empty>}
      {error && <ErrorPanel error={error} />}
      {data && (
        <Stack>
          <Panel title={`On ${data.common_images} common pictures`}>
            <FigureTable projectId={projectId} comparison={data} />
          </Panel>
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

function FigureTable({ projectId, comparison }: { projectId: string; comparison: Comparison }) {
  const { data: categories } = useQuery(categoriesQuery(projectId, true));
  const names = new Map(categories?.items.map(({ id, name }) => [id, name]));
  const { runs } = comparison;
  const rows = runs[0]?.per_category.map(({ category_id }) => category_id) ?? [];
  return (
    <Table.ScrollContainer minWidth={480}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th />
            {runs.map(({ run }, index) => (
              <Table.Th key={run.id}>
                <Badge color={lineColor(index)} autoContrast mr={6}>
                  {index + 1}
                </Badge>
                {runName(run)}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          <Row name="mAP50" values={runs.map(({ map50 }) => map50)} />
          <Row name="mAP50-95" values={runs.map(({ map50_95 }) => map50_95)} />
          {rows.map((id) => {
            const name = names.get(id) ?? "?";
            const figures = runs.map(({ per_category }) => per_category.find((each) => each.category_id === id));
            return (
              <Fragment key={id}>
                <Row
                  name={`${name}, AP50`}
                  values={figures.map((each) => each?.ap50)}
                  notes={figures.map((each) => interval(each?.ap50_interval))}
                />
                <Row name={`${name}, AP50-95`} values={figures.map((each) => each?.ap50_95)} />
              </Fragment>
            );
          })}
          <Row name="Pictures learned from" values={runs.map(({ run }) => run.train_images)} digits={0} />
          <Row name="Seconds of training" values={runs.map(({ run }) => run.seconds)} digits={0} />
          <Row
            name="Milliseconds a picture"
            values={runs.map(({ run }) => inMs(run.metrics?.seconds_per_image))}
            digits={1}
          />
        </Table.Tbody>
      </Table>
      {comparison.common_images > 1 && <Text size="sm">Small print: 95 % intervals over the common pictures.</Text>}
      {comparison.common_images === 0 && (
        <Text size="sm">These runs have no held-out picture in common, so only their own curves can be compared.</Text>
      )}
    </Table.ScrollContainer>
  );
}

interface RowProps {
  name: string;
  values: (number | null | undefined)[];
  /** Below each value. */
  notes?: (string | undefined)[];
  digits?: number;
}

function Row({ name, values, notes, digits = 3 }: RowProps) {
  const best = digits === 3 ? Math.max(...values.map((value) => value ?? Number.NEGATIVE_INFINITY)) : null;
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={500}>
        {name}
      </Table.Th>
      {values.map((value, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a column is its place
        <Table.Td key={index} fw={value != null && value === best ? 700 : 400}>
          {figure(value, digits)}
          {notes?.[index] && (
            <Text size="xs" className={classes.quiet}>
              {notes[index]}
            </Text>
          )}
        </Table.Td>
      ))}
    </Table.Tr>
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

function inMs(seconds: number | null | undefined): number | null {
  return seconds == null ? null : seconds * 1000;
}
