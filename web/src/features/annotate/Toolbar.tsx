import { Divider, Stack } from "@mantine/core";
import { ActionButton } from "./ActionButton";
import classes from "./annotate.module.css";
import type { IconName } from "./icons";
import { useEditor } from "./WorkplaceContext";

const TOOLS: readonly IconName[] = ["select", "box", "extremes", "polygon", "cut", "pan"];

export function Toolbar() {
  const tool = useEditor((state) => state.tool);
  const canUndo = useEditor((state) => state.stacks.undo.length > 0);
  const canRedo = useEditor((state) => state.stacks.redo.length > 0);
  return (
    <Stack
      className={classes.tools}
      gap={4}
      align="center"
      role="toolbar"
      aria-label="Tools"
      aria-orientation="vertical"
    >
      {TOOLS.map((name) => (
        <ActionButton key={name} id={`tool_${name}`} icon={name} active={tool === name} side="right" />
      ))}
      <Divider w="70%" my={4} />
      <ActionButton id="undo" icon="undo" side="right" disabled={!canUndo} />
      <ActionButton id="redo" icon="redo" side="right" disabled={!canRedo} />
      <Divider w="70%" my={4} />
      <ActionButton id="fit" icon="fit" side="right" />
      <ActionButton id="shortcuts" icon="keyboard" side="right" />
    </Stack>
  );
}
