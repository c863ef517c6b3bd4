import { Accordion, Button, Group, NumberInput, Select, SimpleGrid, Switch } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client, dataOf, idempotencyKey } from "../../api/client";
import type { NewTrainingRun, TrainingRun } from "../../api/types";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { Panel } from "../../ui/Panel";
import { runName } from "./runName";
import classes from "./train.module.css";

const SIZES = [320, 416, 512, 640, 800, 960, 1280];

/** Settings of the next run. What is left at "by recipe" follows the number of labelled pictures. */
export function SettingsForm({
  projectId,
  runs,
  onStarted,
}: {
  projectId: string;
  runs: readonly TrainingRun[];
  onStarted: (run: TrainingRun) => void;
}) {
  const queries = useQueryClient();
  const [wanted, setWanted] = useState<NewTrainingRun>({ image_size: 320 });
  const settings = wanted.settings ?? {};
  const set = (change: Partial<NewTrainingRun>) => setWanted((before) => ({ ...before, ...change }));
  const setMore = (change: NonNullable<NewTrainingRun["settings"]>) => set({ settings: { ...settings, ...change } });
  const start = useMutation({
    mutationFn: (key: string) =>
      dataOf(
        client.POST("/api/projects/{project_id}/training-runs", {
          params: { path: { project_id: projectId } },
          body: withoutGaps(wanted),
          headers: { "Idempotency-Key": key },
        }),
      ),
    onSuccess: ({ training_run }) => {
      void queries.invalidateQueries({ queryKey: ["training-runs"] });
      void queries.invalidateQueries({ queryKey: ["jobs"] });
      onStarted(training_run);
    },
  });
  const finished = runs.filter(({ state }) => state === "succeeded");
  return (
    <Panel title="New run" lead="The defaults are the recipe for few pictures; change what you know better.">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          start.mutate(idempotencyKey());
        }}
      >
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm" className={classes.fields}>
          <Select
            label="Start from"
            description="General weights, or an earlier run for a quick refresh."
            allowDeselect={false}
            data={[
              { value: "", label: "General weights" },
              ...finished.map((run) => ({ value: `run:${run.id}`, label: runName(run) })),
            ]}
            value={wanted.base_weights ?? ""}
            onChange={(value) => {
              // A quick refresh has no teacher beside it.
              const { teacher: _teacher, ...rest } = settings;
              set({ base_weights: value || null, settings: value ? rest : settings });
            }}
          />
          <Select
            label="Picture size, px"
            description="Longer side; small things need more, time grows with its square."
            allowDeselect={false}
            data={SIZES.map((size) => ({ value: String(size), label: String(size) }))}
            value={String(wanted.image_size ?? 640)}
            onChange={(value) => set({ image_size: Number(value) })}
          />
          <WholeNumber
            label="Epochs"
            description="Times it sees every picture; by recipe from the count."
            value={wanted.epochs}
            max={10_000}
            onChange={(epochs) => set({ epochs })}
          />
          <WholeNumber
            label="Batch"
            description="Pictures per step; smaller needs less memory."
            value={wanted.batch}
            max={1_024}
            onChange={(batch) => set({ batch })}
          />
        </SimpleGrid>
        <Select
          mt="sm"
          label="Learn also from the proposals of"
          description="Its sure boxes on pictures that nobody has labelled: twice the time; gains most with few labels."
          allowDeselect={false}
          disabled={finished.length === 0 || Boolean(wanted.base_weights)}
          data={[
            { value: "", label: "No run: only what people have labelled" },
            ...finished.map((run) => ({ value: run.id, label: runName(run) })),
          ]}
          value={settings.teacher ?? ""}
          onChange={(value) => {
            const { teacher: _teacher, ...rest } = settings;
            set({ settings: value ? { ...rest, teacher: value } : rest });
          }}
        />
        <Switch
          mt="sm"
          label="Then propose boxes on all other pictures"
          checked={settings.then_predict ?? true}
          onChange={(event) => setMore({ then_predict: event.currentTarget.checked })}
        />
        <Accordion variant="filled" mt="sm" chevronPosition="left">
          <Accordion.Item value="more">
            <Accordion.Control>More settings</Accordion.Control>
            <Accordion.Panel>
              <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm" className={classes.fields}>
                <Select
                  label="Held-out check"
                  description="What the figures are measured on; more folds, truer figures, more time."
                  allowDeselect={false}
                  data={[
                    { value: "", label: "By recipe" },
                    { value: "0", label: "None: no figures" },
                    { value: "1", label: "One split" },
                    { value: "3", label: "3 folds" },
                    { value: "5", label: "5 folds" },
                  ]}
                  value={settings.folds === undefined ? "" : String(settings.folds)}
                  onChange={(value) => {
                    const { folds: _folds, ...rest } = settings;
                    set({ settings: value ? { ...rest, folds: Number(value) } : rest });
                  }}
                />
                <Select
                  label="Device"
                  description="Where it is computed; by itself it takes a GPU if there is one."
                  allowDeselect={false}
                  data={[
                    { value: "", label: "By itself" },
                    { value: "cpu", label: "CPU" },
                    { value: "cuda", label: "GPU (CUDA)" },
                  ]}
                  value={wanted.device ?? ""}
                  onChange={(value) => set({ device: (value || null) as NewTrainingRun["device"] & string })}
                />
                <NumberInput
                  label="Learning rate"
                  description="Step length; too big forgets, too small learns nothing."
                  placeholder="by recipe"
                  min={0.000001}
                  max={1}
                  step={0.0001}
                  decimalScale={6}
                  value={settings.learning_rate ?? ""}
                  onChange={(value) => {
                    const { learning_rate: _rate, ...rest } = settings;
                    set({ settings: typeof value === "number" ? { ...rest, learning_rate: value } : rest });
                  }}
                />
                <WholeNumber
                  label="Seed"
                  description="The same seed and data give the same run."
                  value={wanted.seed}
                  min={0}
                  max={2 ** 31 - 1}
                  placeholder="0"
                  onChange={(seed) => set({ seed: seed ?? 0 })}
                />
              </SimpleGrid>
            </Accordion.Panel>
          </Accordion.Item>
        </Accordion>
        {start.error && <ErrorPanel error={start.error} />}
        <Group justify="flex-end" mt="md">
          <Button type="submit" loading={start.isPending}>
            Start training
          </Button>
        </Group>
      </form>
    </Panel>
  );
}

function WholeNumber({
  value,
  onChange,
  min = 1,
  placeholder = "by recipe",
  ...rest
}: {
  label: string;
  description: string;
  value: number | null | undefined;
  onChange: (value: number | null) => void;
  min?: number;
  max: number;
  placeholder?: string;
}) {
  return (
    <NumberInput
      {...rest}
      min={min}
      placeholder={placeholder}
      allowDecimal={false}
      value={value ?? ""}
      onChange={(entered) => onChange(typeof entered === "number" ? entered : null)}
    />
  );
}

/** Without what is left to the recipe. */
function withoutGaps(wanted: NewTrainingRun): NewTrainingRun {
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== null && value !== undefined));
}
