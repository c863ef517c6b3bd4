import { Button, Group, Modal, SegmentedControl, Text, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { client, dataOf, idempotencyKey } from "../../api/client";
import { ErrorPanel } from "../../ui/ErrorPanel";

export function NewProjectDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [task, setTask] = useState<"detect" | "segment">("detect");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const create = useMutation({
    mutationFn: (key: string) =>
      dataOf(
        client.POST("/api/projects", {
          body: { name: name.trim(), description, task },
          headers: { "Idempotency-Key": key },
        }),
      ),
    onSuccess: async (project) => {
      await queries.invalidateQueries({ queryKey: ["projects"] });
      await navigate({ to: "/projects/$projectId/pictures", params: { projectId: project.id } });
    },
  });
  return (
    <Modal opened={opened} onClose={onClose} title="New project">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim()) create.mutate(idempotencyKey());
        }}
      >
        <TextInput
          label="Name"
          required
          maxLength={255}
          data-autofocus
          value={name}
          onChange={(e) => setName(e.currentTarget.value)}
        />
        <Textarea
          label="Description"
          mt="sm"
          autosize
          minRows={2}
          value={description}
          onChange={(e) => setDescription(e.currentTarget.value)}
        />
        <Text size="sm" fw={500} mt="sm" id="task-label">
          What is annotated
        </Text>
        <SegmentedControl
          aria-labelledby="task-label"
          value={task}
          onChange={(value) => setTask(value as "detect" | "segment")}
          data={[
            { value: "detect", label: "Boxes" },
            { value: "segment", label: "Polygons" },
          ]}
        />
        {create.error && <ErrorPanel error={create.error} />}
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={create.isPending} disabled={!name.trim()}>
            Create
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
