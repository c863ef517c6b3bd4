import { Anchor, Group, List, Text, ThemeIcon } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { categoriesQuery, projectQuery } from "../../api/queries";
import { Panel } from "../../ui/Panel";
import { readinessOf } from "./readiness";

export function ReadinessPanel({ projectId }: { projectId: string }) {
  const { data: project } = useQuery(projectQuery(projectId));
  const { data: categories } = useQuery(categoriesQuery(projectId));
  if (!project || !categories) return null;
  const checks = readinessOf(project, categories.items);
  const ready = checks.every(({ met }) => met);
  return (
    <Panel title={ready ? "Ready to train" : "Not ready yet"}>
      <List spacing={6} size="sm" listStyleType="none">
        {checks.map(({ met, text }) => (
          <List.Item
            key={text}
            icon={
              <ThemeIcon
                size={20}
                radius="xl"
                color={met ? "green.9" : "orange.9"}
                aria-label={met ? "met" : "missing"}
              >
                {met ? "✓" : "!"}
              </ThemeIcon>
            }
          >
            {text}
          </List.Item>
        ))}
      </List>
      {!ready && (
        <Group mt="sm">
          <Anchor
            size="sm"
            renderRoot={(props) => <Link to="/projects/$projectId/pictures" params={{ projectId }} {...props} />}
          >
            Choose and label more pictures
          </Anchor>
        </Group>
      )}
      {ready && project.states.in_progress ? (
        <Text size="sm" mt="xs">
          {project.states.in_progress} pictures in progress are not trained on: submit them when they are done.
        </Text>
      ) : null}
    </Panel>
  );
}
