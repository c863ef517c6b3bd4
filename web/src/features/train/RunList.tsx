import { Badge, Button, Checkbox, Group, ScrollArea, Table, Text, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { TrainingRun } from "../../api/types";
import { ago } from "../../ui/ago";
import { Empty } from "../../ui/Empty";
import { figure } from "../../ui/numbers";
import { Panel } from "../../ui/Panel";
import { stateColor } from "../../ui/stateColor";
import { runName } from "./runName";

const COMPARED_AT_MOST = 8;

interface Props {
  projectId: string;
  runs: readonly TrainingRun[];
  shown: string | undefined;
  promoted: string | null | undefined;
  onShow: (run: TrainingRun) => void;
}

export function RunList({ projectId, runs, shown, promoted, onShow }: Props) {
  const [picked, setPicked] = useState<readonly string[]>([]);
  const toggle = (id: string) =>
    setPicked((before) => (before.includes(id) ? before.filter((each) => each !== id) : [...before, id]));
  return (
    <Panel
      title="Runs"
      actions={
        picked.length >= 2 ? (
          <Button
            size="xs"
            renderRoot={(props) => (
              <Link
                to="/projects/$projectId/compare"
                params={{ projectId }}
                search={{ runs: picked.join(",") }}
                {...props}
              />
            )}
          >
            Compare {picked.length}
          </Button>
        ) : (
          <Text size="xs">Tick two or more to compare</Text>
        )
      }
    >
      {runs.length === 0 ? (
        <Empty>No run yet. The first takes minutes on a processor, less with a GPU.</Empty>
      ) : (
        <ScrollArea.Autosize mah={420} type="auto">
          <Table highlightOnHover verticalSpacing={6}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th w={34}>
                  <VisuallyHidden>Compare</VisuallyHidden>
                </Table.Th>
                <Table.Th>Run</Table.Th>
                <Table.Th>mAP50</Table.Th>
                <Table.Th>mAP50-95</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {runs.map((run) => (
                <Table.Tr key={run.id} {...(run.id === shown ? { bg: "var(--mantine-primary-color-light)" } : {})}>
                  <Table.Td>
                    <Checkbox
                      size="xs"
                      aria-label={`Compare ${runName(run)}`}
                      checked={picked.includes(run.id)}
                      disabled={
                        run.state !== "succeeded" || (picked.length >= COMPARED_AT_MOST && !picked.includes(run.id))
                      }
                      onChange={() => toggle(run.id)}
                    />
                  </Table.Td>
                  <Table.Td>
                    <UnstyledButton onClick={() => onShow(run)} aria-current={run.id === shown}>
                      <Text size="sm" fw={600}>
                        {runName(run)}
                      </Text>
                      <Group gap={6}>
                        <Badge size="xs" variant="light" color={stateColor(run.state)}>
                          {run.state}
                        </Badge>
                        {run.id === promoted && <Badge size="xs">current</Badge>}
                        <Text size="xs">{ago(run.created_at)}</Text>
                      </Group>
                    </UnstyledButton>
                  </Table.Td>
                  <Table.Td>{figure(run.metrics?.map50)}</Table.Td>
                  <Table.Td>{figure(run.metrics?.map50_95)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </ScrollArea.Autosize>
      )}
    </Panel>
  );
}
