import { Group, Paper, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./ui.module.css";

/** A titled part of a page. */
export function Panel({
  title,
  lead,
  actions,
  children,
}: {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) {
  return (
    <Paper withBorder p="md" component="section" aria-label={title} className={classes.panel}>
      <Group justify="space-between" mb={lead ? 2 : "sm"} wrap="nowrap">
        <Title order={2} size="h5">
          {title}
        </Title>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
      {lead && (
        <Text size="sm" mb="sm" className={classes.quiet}>
          {lead}
        </Text>
      )}
      {children}
    </Paper>
  );
}
