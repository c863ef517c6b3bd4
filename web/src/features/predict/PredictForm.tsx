import { Button, Group, List, Radio, Select, Slider, Stack, Switch, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { client, dataOf, idempotencyKey } from "../../api/client";
import type { NewPredictions, TrainingRun } from "../../api/types";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { percent } from "../../ui/numbers";
import { Panel } from "../../ui/Panel";
import { runName } from "../train/runName";
import type { Acceptance } from "./acceptance";

export interface Wishes {
  acceptance: Acceptance;
  quality: "fast" | "high";
}

interface Props {
  projectId: string;
  runs: readonly TrainingRun[];
  run: TrainingRun;
  onRun: (id: string | null) => void;
  wishes: Wishes;
  onWishes: (wishes: Wishes) => void;
}

export function PredictForm({ projectId, runs, run, onRun, wishes, onWishes }: Props) {
  const queries = useQueryClient();
  const { acceptance, quality } = wishes;
  const accept = (next: Acceptance) => onWishes({ ...wishes, acceptance: next });
  const start = useMutation({
    mutationFn: (key: string) =>
      dataOf(
        client.POST("/api/projects/{project_id}/predictions", {
          params: { path: { project_id: projectId } },
          body: bodyOf(run.id, wishes),
          headers: { "Idempotency-Key": key },
        }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: ["jobs"] }),
  });
  const promises = run.metrics?.per_category ?? [];
  return (
    <Panel title="What to do">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          start.mutate(idempotencyKey());
        }}
      >
        <Select
          label="Run"
          description="Whose eyes to use; the current one unless you choose."
          allowDeselect={false}
          data={runs.map((each) => ({ value: each.id, label: runName(each) }))}
          value={run.id}
          onChange={onRun}
        />
        <Radio.Group
          mt="md"
          label="Its boxes"
          value={acceptance.by}
          onChange={(by) => accept(startOf(by as Acceptance["by"]))}
        >
          <Stack gap="xs" mt={6}>
            <Radio
              value="nothing"
              label="Propose only"
              description="Every box waits for a person in the review queue."
            />
            <Radio
              value="promise"
              label="Accept what keeps a promised precision"
              description="Category by category, with a statistical bound; the rest is proposed."
            />
            <Radio
              value="threshold"
              label="Accept from one confidence on"
              description="Simple, and without any promise."
            />
          </Stack>
        </Radio.Group>
        {acceptance.by === "promise" && (
          <>
            <Labelled text={`Target precision: ${percent(acceptance.target)}`}>
              <Slider
                min={0.5}
                max={0.99}
                step={0.01}
                value={acceptance.target}
                onChange={(target) => accept({ by: "promise", target })}
                label={percent}
                thumbLabel="Target precision"
              />
            </Labelled>
            <Text size="sm" mt="sm" fw={500}>
              What this run could promise when it was measured
            </Text>
            <List size="sm" spacing={2}>
              {promises.map(({ category_id, name, promise }) => (
                <List.Item key={category_id}>
                  {name}: {promise.sentence}
                </List.Item>
              ))}
              {promises.length === 0 && <List.Item>Nothing: it was not measured on held-out pictures.</List.Item>}
            </List>
          </>
        )}
        {acceptance.by === "threshold" && (
          <Labelled text={`Accept from confidence ${acceptance.threshold.toFixed(2)}`}>
            <Slider
              min={0.05}
              max={1}
              step={0.01}
              value={acceptance.threshold}
              onChange={(threshold) => accept({ by: "threshold", threshold })}
              thumbLabel="Confidence"
            />
          </Labelled>
        )}
        <Switch
          mt="md"
          label="Look twice (slower)"
          description="Every picture mirrored too, boxes fused: fewer misses for about twice the time."
          checked={quality === "high"}
          onChange={(event) => onWishes({ ...wishes, quality: event.currentTarget.checked ? "high" : "fast" })}
        />
        {start.error && <ErrorPanel error={start.error} />}
        <Group justify="flex-end" mt="md">
          <Button type="submit" loading={start.isPending}>
            {acceptance.by === "nothing" ? "Propose on all unfinished" : "Annotate all unfinished"}
          </Button>
        </Group>
      </form>
    </Panel>
  );
}

function Labelled({ text, children }: { text: string; children: ReactNode }) {
  return (
    <div>
      <Text size="sm" mt="md">
        {text}
      </Text>
      {children}
    </div>
  );
}

function startOf(by: Acceptance["by"]): Acceptance {
  if (by === "promise") return { by, target: 0.9 };
  return by === "threshold" ? { by, threshold: 0.5 } : { by };
}

function bodyOf(runId: string, { acceptance, quality }: Wishes): NewPredictions {
  const common = { run_id: runId, quality };
  switch (acceptance.by) {
    case "nothing":
      return { ...common, mode: "suggest" };
    case "promise":
      return { ...common, mode: "accept", target_precision: acceptance.target };
    case "threshold":
      return { ...common, mode: "accept", min_confidence: acceptance.threshold };
  }
}
