import { Table } from "@mantine/core";
import type { CategoryMetrics } from "../../api/types";
import { figure, interval, percent } from "../../ui/numbers";
import classes from "./train.module.css";

/** One row per category: quality with its interval, and from which confidence a precision can be promised. */
export function CategoryTable({ categories }: { categories: readonly CategoryMetrics[] }) {
  return (
    <Table.ScrollContainer minWidth={640}>
      <Table verticalSpacing={4} mt="sm" className={classes.figures}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Category</Table.Th>
            <Table.Th>AP50</Table.Th>
            <Table.Th>AP50-95</Table.Th>
            <Table.Th>Precision</Table.Th>
            <Table.Th>Recall</Table.Th>
            <Table.Th>Labelled</Table.Th>
            <Table.Th>Found</Table.Th>
            <Table.Th>Promise</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {categories.map((each) => (
            <Table.Tr key={each.category_id}>
              <Table.Td fw={600}>{each.name}</Table.Td>
              <Table.Td title={interval(each.ap50_interval)}>{figure(each.ap50)}</Table.Td>
              <Table.Td title={interval(each.ap50_95_interval)}>{figure(each.ap50_95)}</Table.Td>
              <Table.Td>{percent(each.precision)}</Table.Td>
              <Table.Td>{percent(each.recall)}</Table.Td>
              <Table.Td>{each.labels}</Table.Td>
              <Table.Td>{each.found}</Table.Td>
              <Table.Td>{each.promise.sentence}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
