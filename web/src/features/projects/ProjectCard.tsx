import { ActionIcon, Badge, Button, Card, Group, Menu, Modal, Progress, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { client, dataOf } from "../../api/client";
import type { Project } from "../../api/types";
import { ago } from "../../ui/ago";
import classes from "./projects.module.css";

const DONE_STATES = ["submitted", "approved", "auto"];

export function ProjectCard({ project }: { project: Project }) {
  const [renaming, setRenaming] = useState(false);
  const queries = useQueryClient();
  const path = { project_id: project.id };
  const trash = useMutation({
    mutationFn: () =>
      project.trashed
        ? dataOf(client.POST("/api/projects/{project_id}/restore", { params: { path } }))
        : dataOf(client.DELETE("/api/projects/{project_id}", { params: { path } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ["projects"] }),
  });
  const done = DONE_STATES.reduce((sum, state) => sum + (project.states[state] ?? 0), 0);
  const share = project.image_count ? (100 * done) / project.image_count : 0;
  const to = { to: "/projects/$projectId/pictures", params: { projectId: project.id } } as const;
  return (
    <Card withBorder padding="md" component="article" aria-label={project.name}>
      <Card.Section>
        <div className={classes.strip}>
          {project.strip?.map((id) => (
            <img key={id} src={`/api/images/${id}/thumbnail?size=128`} alt="" loading="lazy" />
          ))}
          {project.image_count === 0 && <Text size="sm">No pictures yet</Text>}
        </div>
      </Card.Section>
      <Group justify="space-between" mt="sm" wrap="nowrap">
        {project.trashed ? (
          <Text fw={600} truncate>
            {project.name}
          </Text>
        ) : (
          <Link {...to} className={classes.title}>
            {project.name}
          </Link>
        )}
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" aria-label={`More for ${project.name}`}>
              ⋯
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {!project.trashed && <Menu.Item onClick={() => setRenaming(true)}>Rename</Menu.Item>}
            <Menu.Item onClick={() => trash.mutate()}>{project.trashed ? "Restore" : "Move to trash"}</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </Group>
      <Group gap="xs" my={4}>
        <Badge variant="light">{project.task === "detect" ? "Boxes" : "Polygons"}</Badge>
        <Text size="sm">
          {project.image_count.toLocaleString()} pictures, {done.toLocaleString()} done
        </Text>
      </Group>
      <Progress value={share} aria-label={`${Math.round(share)} % of the pictures are done`} />
      <Text size="xs" mt="xs">
        Last activity {ago(project.last_activity_at ?? project.updated_at)}
      </Text>
      <RenameDialog project={project} opened={renaming} onClose={() => setRenaming(false)} />
    </Card>
  );
}

function RenameDialog({ project, opened, onClose }: { project: Project; opened: boolean; onClose: () => void }) {
  const [name, setName] = useState(project.name);
  const queries = useQueryClient();
  const rename = useMutation({
    mutationFn: () =>
      dataOf(
        client.PATCH("/api/projects/{project_id}", { params: { path: { project_id: project.id } }, body: { name } }),
      ),
    onSuccess: () => {
      onClose();
      return queries.invalidateQueries({ queryKey: ["projects"] });
    },
  });
  return (
    <Modal opened={opened} onClose={onClose} title="Rename project">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          rename.mutate();
        }}
      >
        <TextInput
          label="Name"
          data-autofocus
          required
          maxLength={255}
          value={name}
          onChange={(e) => setName(e.currentTarget.value)}
        />
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={rename.isPending}>
            Rename
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
