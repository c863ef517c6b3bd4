import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./ui.module.css";

/** What stands where a list will be: why it is empty and what fills it. */
export function Empty({ children }: { children: ReactNode }) {
  return (
    <Text component="div" size="sm" className={classes.empty}>
      {children}
    </Text>
  );
}
