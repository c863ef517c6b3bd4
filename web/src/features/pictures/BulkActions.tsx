import { Button, Group, Modal, Paper, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError, client, dataOf } from "../../api/client";
import { inParallel } from "../../ui/inParallel";

type Action = "submit" | "approve" | "reopen" | "mark_empty" | "trash" | "restore" | "erase";

const LABELS: Record<Action, string> = {
  submit: "Submit",
  approve: "Approve",
  reopen: "Reopen",
  mark_empty: "Mark empty",
  trash: "Move to trash",
  restore: "Restore",
  erase: "Erase for good",
};
const OF_PROJECT: readonly Action[] = ["submit", "approve", "reopen", "mark_empty", "trash"];
const OF_TRASH: readonly Action[] = ["restore", "erase"];

export function BulkActions({
  selected,
  trashed,
  onDone,
  onSelectAll,
}: {
  selected: ReadonlySet<string>;
  trashed: boolean;
  onDone: () => void;
  onSelectAll: () => void;
}) {
  const queries = useQueryClient();
  const [erasing, setErasing] = useState(false);
  const [refused, setRefused] = useState<string[]>([]);
  const run = useMutation({
    mutationFn: async (action: Action) => {
      const problems: string[] = [];
      await inParallel([...selected], async (id) => {
        try {
          await apply(action, id);
        } catch (error) {
          if (!(error instanceof ApiError)) throw error;
          problems.push(error.message);
        }
      });
      return problems;
    },
    onSuccess: (problems) => {
      setRefused(problems);
      void queries.invalidateQueries({ queryKey: ["images"] });
      if (problems.length === 0) onDone();
    },
  });
  return (
    <Paper withBorder p="xs" mb="sm" component="section" aria-label="Selected pictures">
      <Group gap="xs">
        <Text size="sm" fw={600}>
          {selected.size.toLocaleString()} selected
        </Text>
        {(trashed ? OF_TRASH : OF_PROJECT).map((action) => (
          <Button
            key={action}
            size="xs"
            variant="default"
            loading={run.isPending && run.variables === action}
            disabled={run.isPending}
            {...(action === "erase" ? { color: "red" } : {})}
            onClick={() => (action === "erase" ? setErasing(true) : run.mutate(action))}
          >
            {LABELS[action]}
          </Button>
        ))}
        <Button size="xs" variant="subtle" onClick={onSelectAll}>
          Select all
        </Button>
        <Button size="xs" variant="subtle" onClick={onDone}>
          Select none
        </Button>
      </Group>
      <Modal opened={erasing} onClose={() => setErasing(false)} title="Erase for good">
        <Text size="sm">
          {selected.size.toLocaleString()} pictures go with all their annotations, their history and every export of
          this project. Nothing brings them back.
        </Text>
        <Group justify="flex-end" mt="md">
          <Button variant="default" data-autofocus onClick={() => setErasing(false)}>
            Keep them
          </Button>
          <Button
            color="red"
            onClick={() => {
              setErasing(false);
              run.mutate("erase");
            }}
          >
            Erase {selected.size.toLocaleString()}
          </Button>
        </Group>
      </Modal>
      {refused.length > 0 && (
        <Text size="sm" c="red" role="alert">
          {refused.length} could not be changed: {refused[0]}
        </Text>
      )}
    </Paper>
  );
}

function apply(action: Action, id: string) {
  const params = { path: { image_id: id } };
  if (action === "trash") return dataOf(client.DELETE("/api/images/{image_id}", { params }));
  if (action === "erase") return dataOf(client.POST("/api/images/{image_id}/erase", { params }));
  if (action === "restore") return dataOf(client.POST("/api/images/{image_id}/restore", { params }));
  return dataOf(client.POST("/api/images/{image_id}/commands", { params, body: { commands: [{ type: action }] } }));
}
