import { Button, Group, Radio, Slider, Stack, Switch, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client, dataOf, idempotencyKey } from "../../api/client";
import { categoriesQuery, exportPreviewQuery, projectQuery } from "../../api/queries";
import type { Category, NewExport, ReviewState } from "../../api/types";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { percent } from "../../ui/numbers";
import { Panel } from "../../ui/Panel";
import { FORMATS } from "./formats";

const CHECKED: ReviewState[] = ["submitted", "approved"];
const WIDER: ReviewState[] = [...CHECKED, "auto"];

export function ExportForm({ projectId }: { projectId: string }) {
  const queries = useQueryClient();
  const { data: project } = useQuery(projectQuery(projectId));
  const [wanted, setWanted] = useState<NewExport>({
    format: "yolo",
    include_images: true,
    split: 0.2,
    states: CHECKED,
  });
  const set = (change: Partial<NewExport>) => setWanted((before) => ({ ...before, ...change }));
  const start = useMutation({
    mutationFn: (key: string) =>
      dataOf(
        client.POST("/api/projects/{project_id}/exports", {
          params: { path: { project_id: projectId } },
          body: wanted,
          headers: { "Idempotency-Key": key },
        }),
      ),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ["exports"] });
      void queries.invalidateQueries({ queryKey: ["jobs"] });
    },
  });
  const { data: categories } = useQuery(categoriesQuery(projectId));
  const states = wanted.states ?? CHECKED;
  const { data: preview } = useQuery(exportPreviewQuery(projectId, states));
  const inside = states.reduce((sum, state) => sum + (project?.states[state] ?? 0), 0);
  const split = wanted.split ?? 0;
  return (
    <Panel title="Export" lead="The same data gives the same bytes, today and in a year.">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          start.mutate(idempotencyKey());
        }}
      >
        <Radio.Group
          label="Format"
          value={wanted.format}
          onChange={(format) => set({ format: format as NewExport["format"] })}
        >
          <Stack gap="xs" mt={6}>
            {FORMATS.map(({ value, label, lead }) => (
              <Radio key={value} value={value} label={label} description={lead} />
            ))}
          </Stack>
        </Radio.Group>
        <Switch
          mt="md"
          label="With the pictures"
          description="Without, only labels and names: small, for people who have the pictures."
          checked={wanted.include_images ?? true}
          onChange={(event) => set({ include_images: event.currentTarget.checked })}
        />
        <Switch
          mt="sm"
          label="Also what only a model has accepted"
          description="Auto-annotated pictures that no person has looked at yet."
          checked={states.includes("auto")}
          onChange={(event) => set({ states: event.currentTarget.checked ? WIDER : CHECKED })}
        />
        {wanted.format === "yolo" && (
          <>
            <Text size="sm" mt="md">
              Kept for validation: {percent(split)}
            </Text>
            <Slider
              min={0}
              max={0.5}
              step={0.05}
              label={percent}
              value={split}
              onChange={(value) => set({ split: value })}
              thumbLabel="Share kept for validation"
            />
          </>
        )}
        <Text size="sm" mt="md" role="status">
          Inside: {inside.toLocaleString()} of {(project?.image_count ?? 0).toLocaleString()} pictures
          {preview && ` with ${preview.annotations.toLocaleString()} annotations`}, {insideOf(wanted, inside)}.
          {categories && ` Categories: ${namesOf(categories.items)}.`}
        </Text>
        {start.error && <ErrorPanel error={start.error} />}
        <Group justify="flex-end" mt="md">
          <Button type="submit" loading={start.isPending} disabled={inside === 0}>
            Export
          </Button>
        </Group>
      </form>
    </Panel>
  );
}

const NAMED = 8;

function namesOf(categories: readonly Category[]): string {
  const names = categories.slice(0, NAMED).map(({ name }) => name);
  const more = categories.length - names.length;
  return more > 0 ? `${names.join(", ")} and ${more} more` : names.join(", ") || "none yet";
}

/** The split in numbers, and what a trainer gets on top. */
function insideOf({ format, split = 0 }: NewExport, inside: number): string {
  if (format !== "yolo") return "one annotations.json and a manifest with every checksum";
  const kept = Math.round(inside * split);
  return `about ${inside - kept} to train and ${kept} to validate, data.yaml and a manifest with every checksum`;
}
