import { Badge, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Fragment } from "react";
import { categoriesQuery } from "../../api/queries";
import type { Comparison } from "../../api/types";
import { figure, interval } from "../../ui/numbers";
import { lineColor } from "../../ui/palette";
import classes from "../../ui/ui.module.css";
import { runName } from "./runName";

/** Every figure of the compared runs, one column each, the best in bold. */
export function FigureTable({ projectId, comparison }: { projectId: string; comparison: Comparison }) {
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
          {SIZES.map(([bucket, name]) => {
            const sizes = runs.map((compared) => compared.sizes.find((size) => size.bucket === bucket));
            return sizes.some((size) => size?.labels) ? (
              <Row
                key={bucket}
                name={`${name}, mAP50-95`}
                values={sizes.map((size) => size?.map50_95)}
                notes={sizes.map((size) => size && `${size.labels} labels`)}
              />
            ) : null;
          })}
          <Row name="Pictures learned from" values={runs.map(({ run }) => run.train_images)} digits={0} />
          <Row name="Learned from the log up to event" values={runs.map(({ run }) => run.as_of_position)} digits={0} />
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

const SIZES = [
  ["small", "Small, below 32 × 32 px"],
  ["medium", "Medium"],
  ["large", "Large, above 96 × 96 px"],
] as const;

interface RowProps {
  name: string;
  values: (number | null | undefined)[];
  /** Below each value. */
  notes?: (string | undefined)[];
  digits?: number;
}

function Row({ name, values, notes, digits = 3 }: RowProps) {
  const known = values.filter((value) => value != null);
  // Where all are alike none is the best.
  const best = digits === 3 && new Set(known).size > 1 ? Math.max(...known) : null;
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

function inMs(seconds: number | null | undefined): number | null {
  return seconds == null ? null : seconds * 1000;
}
