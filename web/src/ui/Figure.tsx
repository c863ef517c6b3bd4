import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./ui.module.css";

/** One number with its name, and what qualifies it in small print. */
export function Figure({ label, value, note }: { label: string; value: ReactNode; note?: ReactNode }) {
  return (
    <div className={classes.figure}>
      <Text size="xs" className={classes.quiet}>
        {label}
      </Text>
      <Text fw={650} size="xl" lh={1.2} className={classes.value}>
        {value}
      </Text>
      {note && (
        <Text size="xs" className={classes.quiet}>
          {note}
        </Text>
      )}
    </div>
  );
}

export function Figures({ children }: { children: ReactNode }) {
  return <div className={classes.figures}>{children}</div>;
}
