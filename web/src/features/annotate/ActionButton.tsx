import { ActionIcon, Kbd, Tooltip } from "@mantine/core";
import { Icon, type IconName } from "./icons";
import { useAction } from "./WorkplaceContext";

interface ActionButtonProps {
  id: string;
  icon: IconName;
  active?: boolean;
  disabled?: boolean;
  side?: "right" | "bottom";
}

/** An action as an icon whose tooltip teaches its key. */
export function ActionButton({ id, icon, active, disabled = false, side = "bottom" }: ActionButtonProps) {
  const { label, keys, run } = useAction(id);
  const tip = (
    <>
      {label} {keys && <Kbd size="xs">{keys}</Kbd>}
    </>
  );
  return (
    <Tooltip label={tip} position={side} openDelay={300}>
      <ActionIcon
        variant={active ? "filled" : "subtle"}
        color={active ? "blue" : "gray"}
        size="lg"
        aria-label={label}
        aria-keyshortcuts={keys.replaceAll(" ", "+") || undefined}
        aria-pressed={active}
        disabled={disabled}
        onClick={run}
      >
        <Icon name={icon} />
      </ActionIcon>
    </Tooltip>
  );
}
