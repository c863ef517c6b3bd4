import { Button, Container, Group, SimpleGrid, Switch, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { MOST_LISTED, projectsQuery } from "../../api/queries";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { ShowMore } from "../../ui/ShowMore";
import { ThemeToggle } from "../../ui/ThemeToggle";
import { AllJobsTray } from "../jobs/JobTray";
import { FirstRun } from "./FirstRun";
import { NewProjectDialog } from "./NewProjectDialog";
import { ProjectCard } from "./ProjectCard";

export function ProjectsPage() {
  const [trashed, setTrashed] = useState(false);
  const [creating, setCreating] = useState(false);
  const [limit, setLimit] = useState(60);
  const { data, error, isPending, refetch } = useQuery(projectsQuery(trashed, limit));
  const projects = data?.items ?? [];
  return (
    <Container size={1720} py="lg" component="main">
      <Group justify="space-between" mb="lg">
        <Group gap="sm">
          <img src="/icon.svg" alt="" width={32} height={32} />
          <Title order={1} size="h2">
            Projects
          </Title>
        </Group>
        <Group>
          <Switch label="Trash" checked={trashed} onChange={(event) => setTrashed(event.currentTarget.checked)} />
          <Button onClick={() => setCreating(true)}>New project</Button>
          <AllJobsTray projects={projects} />
          <ThemeToggle />
        </Group>
      </Group>
      {error && <ErrorPanel error={error} onRetry={() => void refetch()} />}
      {!isPending &&
        !error &&
        projects.length === 0 &&
        (trashed ? <Text>The trash is empty.</Text> : <FirstRun onCreate={() => setCreating(true)} />)}
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3, xl: 4 }}>
        {projects.map((project) => (
          <ProjectCard key={project.id} project={project} />
        ))}
      </SimpleGrid>
      {data?.next && limit < MOST_LISTED && <ShowMore says="Show more projects" onMore={() => setLimit(MOST_LISTED)} />}
      <NewProjectDialog opened={creating} onClose={() => setCreating(false)} />
    </Container>
  );
}
