import { Group, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./ui.module.css";

/** A page of a project: its one heading, what it is for in a line, and its actions at the right. */
export function Page({
  title,
  lead,
  actions,
  wide = false,
  children,
}: {
  title: ReactNode;
  lead?: ReactNode;
  actions?: ReactNode;
  /** As wide as the window: for what is looked at, not read. */
  wide?: boolean;
  children: ReactNode;
}) {
  return (
    <main className={classes.page} data-wide={wide || undefined}>
      <Group justify="space-between" align="flex-start" mb="md">
        <div>
          <Title order={1} size="h3">
            {title}
          </Title>
          {lead && (
            <Text size="sm" className={classes.lead}>
              {lead}
            </Text>
          )}
        </div>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </main>
  );
}
