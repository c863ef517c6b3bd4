import { Button, Group } from "@mantine/core";

/** The way on where a list is shown in parts, so that thousands of anything open as fast as ten. */
export function ShowMore({ says, onMore }: { says: string; onMore: () => void }) {
  return (
    <Group justify="center" mt="sm">
      <Button size="xs" variant="default" onClick={onMore}>
        {says}
      </Button>
    </Group>
  );
}
