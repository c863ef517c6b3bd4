import { Alert, Button, FileButton, Group, List, Progress, Select, Stack, Table, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { jobQuery } from "../../api/queries";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { bytes } from "../../ui/numbers";
import { Panel } from "../../ui/Panel";
import { type ImportReport, reportOf } from "./importReport";
import { sendDataset } from "./sendDataset";

type State = "submitted" | "in_progress";

/** A dataset in: first a dry run that tells what would happen, then the same for real. */
export function ImportPanel({ projectId }: { projectId: string }) {
  const queries = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [state, setState] = useState<State>("submitted");
  const [sent, setSent] = useState(0);
  const start = useMutation({
    mutationFn: (dryRun: boolean) => sendDataset(projectId, file as File, { dryRun, state }, setSent),
    onSettled: () => queries.invalidateQueries({ queryKey: ["jobs"] }),
  });
  const { data: job } = useQuery({ ...jobQuery(start.data?.id ?? ""), enabled: start.data !== undefined });
  const report = job?.state === "succeeded" ? reportOf(job.result) : null;
  const busy = start.isPending || (job !== undefined && !job.ended_at);
  return (
    <Panel
      title="Import"
      lead="A zip of COCO, YOLO or Pascal VOC. Nothing happens to pictures that have annotations already."
    >
      <Group>
        <FileButton
          accept="application/zip,.zip"
          onChange={(chosen) => {
            setFile(chosen);
            start.reset();
          }}
        >
          {(props) => (
            <Button variant="default" size="xs" {...props}>
              Choose a zip
            </Button>
          )}
        </FileButton>
        {file && (
          <Text size="sm">
            {file.name}, {bytes(file.size)}
          </Text>
        )}
      </Group>
      <Select
        mt="sm"
        label="Its pictures become"
        allowDeselect={false}
        data={[
          { value: "submitted", label: "submitted: trusted, trained on" },
          { value: "in_progress", label: "in progress: to be looked at first" },
        ]}
        value={state}
        onChange={(value) => setState(value as State)}
      />
      {start.isPending && <Progress mt="sm" value={100 * sent} aria-label="Upload progress" />}
      {job && !job.ended_at && (
        <div role="status">
          <Progress mt="sm" value={100 * job.progress} animated aria-label="Import progress" />
          <Text size="sm">{job.message || "Waits for a worker"}</Text>
        </div>
      )}
      {start.error && <ErrorPanel error={start.error} />}
      {job?.error && <ErrorPanel error={new Error(job.error)} />}
      {report && <Report report={report} />}
      <Group justify="flex-end" mt="md">
        <Button variant="default" disabled={!file || busy} onClick={() => start.mutate(true)}>
          Try without changing anything
        </Button>
        <Button disabled={!file || busy || !report?.dry_run} onClick={() => start.mutate(false)}>
          Import
        </Button>
      </Group>
      {file && !report && !busy && (
        <Text size="xs" ta="right" mt={4}>
          Import opens when the trial has told what it would do.
        </Text>
      )}
    </Panel>
  );
}

function Report({ report }: { report: ImportReport }) {
  const { dry_run, layout, problems, problem_count, categories_created } = report;
  return (
    <Stack mt="sm" gap="xs" role="status">
      <Alert color={problem_count > 0 ? "yellow" : "green"} title={dry_run ? "It would bring" : "It brought"}>
        <List size="sm">
          <List.Item>a dataset in {layout} layout</List.Item>
          <List.Item>
            {report.images_registered.toLocaleString()} new pictures, {report.images_known.toLocaleString()} known
            already
          </List.Item>
          <List.Item>
            {report.annotations.toLocaleString()} annotations on {report.images_labelled.toLocaleString()} pictures
          </List.Item>
          {categories_created.length > 0 && <List.Item>new categories: {categories_created.join(", ")}</List.Item>}
        </List>
      </Alert>
      {problem_count > 0 && (
        <details open={problem_count <= 10}>
          <summary>{problem_count.toLocaleString()} files with problems</summary>
          <Table verticalSpacing={2}>
            <Table.Tbody>
              {problems.map(({ file_name, detail }) => (
                <Table.Tr key={`${file_name} ${detail}`}>
                  <Table.Td>{file_name}</Table.Td>
                  <Table.Td>{detail}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </details>
      )}
    </Stack>
  );
}
