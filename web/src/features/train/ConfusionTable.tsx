import { Table } from "@mantine/core";
import type { ComparedRun } from "../../api/types";
import classes from "./train.module.css";

/** What was labelled, row by row, and what a run took it for; what it missed, and what it made up. */
export function ConfusionTable({ compared, name, names }: Props) {
  const counts = new Map(
    compared.confusion.map(({ labelled, predicted, count }) => [`${labelled} ${predicted}`, count]),
  );
  const ids = compared.per_category.map(({ category_id }) => category_id);
  const rows = [...ids, null];
  return (
    <Table.ScrollContainer minWidth={260}>
      <Table className={classes.confusion}>
        <Table.Caption>{name}</Table.Caption>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">labelled</Table.Th>
            {ids.map((id) => (
              <Table.Th scope="col" key={id}>
                {names.get(id) ?? "?"}
              </Table.Th>
            ))}
            <Table.Th scope="col">missed</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((labelled) => (
            <Table.Tr key={labelled}>
              <Table.Th scope="row">{labelled ? (names.get(labelled) ?? "?") : "nothing"}</Table.Th>
              {[...ids, null].map((predicted) => (
                <Table.Td key={predicted} fw={labelled === predicted ? 700 : 400}>
                  {labelled || predicted ? (counts.get(`${labelled} ${predicted}`) ?? 0) : ""}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

interface Props {
  compared: ComparedRun;
  name: string;
  names: ReadonlyMap<string, string>;
}
