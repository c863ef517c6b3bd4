import { ActionIcon, Button, Popover, Slider, Stack, Switch, Text, Tooltip } from "@mantine/core";
import { Icon } from "./icons";
import { useBench, useEditor } from "./WorkplaceContext";

const SWITCHES = [
  ["labels", "Class names on shapes"],
  ["patterns", "Hatch classes, not only colours"],
  ["crosshair", "Crosshair while drawing"],
  ["keepZoom", "Keep zoom and brightness between pictures"],
  ["proposalsShown", "Proposals"],
] as const;

/** How the picture looks: never what is stored. */
export function ViewMenu() {
  const { store } = useBench();
  const brightness = useEditor((state) => state.brightness);
  const contrast = useEditor((state) => state.contrast);
  const shown = useEditor((state) => state);
  return (
    <Popover position="bottom-end" width={280} withArrow trapFocus>
      <Popover.Target>
        <Tooltip label="Brightness, contrast and what is shown">
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label="View settings">
            <Icon name="sun" />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="sm">
          <Text size="sm" fw={600}>
            Brightness
          </Text>
          <Slider
            min={0.3}
            max={3}
            step={0.05}
            value={brightness}
            label={(v) => `${Math.round(v * 100)} %`}
            thumbLabel="Brightness"
            onChange={(value) => store.setState({ brightness: value })}
          />
          <Text size="sm" fw={600}>
            Contrast
          </Text>
          <Slider
            min={0.3}
            max={3}
            step={0.05}
            value={contrast}
            label={(v) => `${Math.round(v * 100)} %`}
            thumbLabel="Contrast"
            onChange={(value) => store.setState({ contrast: value })}
          />
          <Button size="compact-xs" variant="default" onClick={() => store.setState({ brightness: 1, contrast: 1 })}>
            As it is
          </Button>
          {SWITCHES.map(([name, label]) => (
            <Switch
              key={name}
              size="sm"
              label={label}
              checked={shown[name]}
              onChange={(event) => store.setState({ [name]: event.currentTarget.checked })}
            />
          ))}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
