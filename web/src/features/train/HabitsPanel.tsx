import { Group, NumberInput, Select, Stack, Switch } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client, dataOf } from "../../api/client";
import type { Project, ProjectSettings } from "../../api/types";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { Panel } from "../../ui/Panel";

/** What holds for every training of the project, those that it starts by itself included. */
export function HabitsPanel({ project }: { project: Project }) {
  const queries = useQueryClient();
  const save = useMutation({
    mutationFn: (change: ProjectSettings) =>
      dataOf(
        client.PATCH("/api/projects/{project_id}", {
          params: { path: { project_id: project.id } },
          body: { settings: change },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["project", project.id] }),
  });
  // What was chosen shows at once; a refusal brings back what holds.
  const settings: ProjectSettings = { ...project.settings, ...(save.isPending ? save.variables : {}) };
  const retrainAfter = settings.retrain_after ?? 0;
  return (
    <Panel title="Every training of this project" lead="Saved at once; the next run goes by it.">
      <Stack gap="sm">
        <Switch
          label="The pictures have no up"
          description="As under a microscope or from above: training may turn them upside down."
          checked={settings.orientation === "any"}
          onChange={(event) => save.mutate({ orientation: event.currentTarget.checked ? "any" : "upright" })}
        />
        <Select
          label="They show"
          description="What the general weights know already need not be learned again."
          allowDeselect={false}
          data={[
            { value: "special", label: "Something special: cells, X-rays, views from above" },
            { value: "everyday", label: "Everyday things: objects, animals, streets" },
          ]}
          value={settings.domain ?? "special"}
          onChange={(value) => save.mutate({ domain: value as "special" | "everyday" })}
        />
        <Group align="end" gap="sm" wrap="nowrap">
          <Switch
            mb={6}
            label="Train again by itself"
            checked={retrainAfter > 0}
            onChange={(event) => save.mutate({ retrain_after: event.currentTarget.checked ? 10 : 0 })}
          />
          {retrainAfter > 0 && (
            <RetrainAfter key={retrainAfter} saved={retrainAfter} onSave={(n) => save.mutate({ retrain_after: n })} />
          )}
        </Group>
        {save.error && <ErrorPanel error={save.error} />}
      </Stack>
    </Panel>
  );
}

/** Saved when it is left, so that typing 25 does not pass through 2. */
function RetrainAfter({ saved, onSave }: { saved: number; onSave: (images: number) => void }) {
  const [images, setImages] = useState<number | string>(saved);
  return (
    <NumberInput
      label="after so many newly labelled pictures"
      min={1}
      max={10_000}
      allowDecimal={false}
      value={images}
      onChange={setImages}
      onBlur={() => typeof images === "number" && images > 0 && images !== saved && onSave(images)}
    />
  );
}
