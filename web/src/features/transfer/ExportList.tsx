import { Anchor, Badge, Progress, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { exportsQuery, jobQuery, MOST_LISTED } from "../../api/queries";
import type { Export } from "../../api/types";
import { ago } from "../../ui/ago";
import { Empty } from "../../ui/Empty";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { bytes } from "../../ui/numbers";
import { Panel } from "../../ui/Panel";
import { ShowMore } from "../../ui/ShowMore";
import { stateColor } from "../../ui/stateColor";

export function ExportList({ projectId }: { projectId: string }) {
  const [limit, setLimit] = useState(20);
  const { data, error, refetch } = useQuery(exportsQuery(projectId, limit));
  const exports = data?.items ?? [];
  return (
    <Panel title="Exports">
      {error && <ErrorPanel error={error} onRetry={() => void refetch()} />}
      {data && exports.length === 0 && <Empty>Nothing has been exported yet.</Empty>}
      {exports.length > 0 && (
        <Table.ScrollContainer minWidth={560}>
          <Table verticalSpacing="xs">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>When</Table.Th>
                <Table.Th>Format</Table.Th>
                <Table.Th>Inside</Table.Th>
                <Table.Th>Data as of</Table.Th>
                <Table.Th>File</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {exports.map((each) => (
                <Table.Tr key={each.id}>
                  <Table.Td>{ago(each.created_at)}</Table.Td>
                  <Table.Td>
                    {each.format.toUpperCase()}
                    {!each.include_images && ", labels only"}
                  </Table.Td>
                  <Table.Td>
                    {each.images === null
                      ? "–"
                      : `${each.images.toLocaleString()} pictures, ${(each.annotations ?? 0).toLocaleString()} annotations`}
                  </Table.Td>
                  <Table.Td>position {each.position}</Table.Td>
                  <Table.Td>
                    <FileOrState made={each} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {data?.next && limit < MOST_LISTED && <ShowMore says="Show older exports" onMore={() => setLimit(MOST_LISTED)} />}
    </Panel>
  );
}

function FileOrState({ made }: { made: Export }) {
  const { data: job } = useQuery({ ...jobQuery(made.job_id), enabled: made.state === "queued" });
  if (made.state === "succeeded")
    return (
      <Anchor href={`/api/exports/${made.id}/file`} download title={`SHA-256 ${made.sha256 ?? ""}`} size="sm">
        Download{made.size === null ? "" : `, ${bytes(made.size)}`}
      </Anchor>
    );
  if (made.state === "queued")
    return <Progress w={140} value={100 * (job?.progress ?? 0)} aria-label="Export progress" animated />;
  return (
    <>
      <Badge variant="light" color={stateColor(made.state)}>
        {made.state}
      </Badge>
      {made.error && <Text size="xs">{made.error}</Text>}
    </>
  );
}
