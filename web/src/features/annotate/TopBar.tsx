import { ActionIcon, Badge, Button, Group, Kbd, Text, Tooltip } from "@mantine/core";
import { fitted } from "../../geometry/viewport";
import { ActionButton } from "./ActionButton";
import classes from "./annotate.module.css";
import { Icon } from "./icons";
import { PlaceInList } from "./PlaceInList";
import { Presence } from "./Presence";
import { SaveStatus } from "./SaveStatus";
import { ViewMenu } from "./ViewMenu";
import { useAction, useEditor } from "./WorkplaceContext";

const STATES = {
  unlabelled: ["Unlabelled", "gray"],
  in_progress: ["In progress", "blue"],
  submitted: ["Submitted", "violet"],
  approved: ["Approved", "teal"],
  rejected: ["Rejected", "red"],
  auto: ["Auto", "yellow"],
} as const;

interface TopBarProps {
  projectId: string;
  filter: string;
  /** Set while the pictures of a batch are walked. */
  batchIds: readonly string[] | null;
  reviewing: boolean;
  sideShown: boolean;
  onToggleSide: () => void;
  back?: React.ReactNode;
}

export function TopBar({ projectId, filter, batchIds, reviewing, sideShown, onToggleSide, back }: TopBarProps) {
  const fileName = useEditor((state) => state.image?.file_name);
  const review = useEditor((state) => state.shown?.state);
  const claimed = useEditor((state) => Boolean(state.server?.claimed_by));
  const percent = useEditor((state) => Math.round(state.viewport.scale * 100));
  const isFit = useEditor(
    (state) => state.image !== null && Math.abs(fitted(state.image, state.canvas).scale - state.viewport.scale) < 1e-6,
  );
  const zoom = useAction(isFit ? "actual_size" : "fit");
  const claim = useAction(claimed ? "release_image" : "claim_image");
  const done = useAction(reviewing ? "approve_image" : "finish_image");
  const reject = useAction("reject_image");
  const [label, colour] = STATES[review ?? "unlabelled"];
  return (
    <header className={classes.top} data-pane>
      {back}
      <ActionButton id="previous_image" icon="previous" />
      <ActionButton id="next_image" icon="next" />
      <Text className={classes.name} size="sm" fw={600} title={fileName} data-testid="file-name">
        {fileName ?? "…"}
      </Text>
      <PlaceInList filter={filter} batchIds={batchIds} />
      {review && (
        <Badge variant="light" color={colour} tt="none" radius="sm" data-testid="review-state">
          {label}
        </Badge>
      )}
      <Button size="compact-xs" variant="subtle" color="gray" onClick={claim.run} visibleFrom="md">
        {claimed ? "Release" : "Claim"}
      </Button>
      <Presence projectId={projectId} />
      <Group gap="xs" ml="auto" wrap="nowrap">
        <SaveStatus />
        <Tooltip label={`${zoom.label} ${zoom.keys}`}>
          <Button
            size="compact-sm"
            variant="subtle"
            color="gray"
            onClick={zoom.run}
            data-testid="zoom"
            aria-label={`Zoom ${percent} percent, ${zoom.label}`}
          >
            {percent} %
          </Button>
        </Tooltip>
        <ViewMenu />
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={sideShown ? "Hide panels" : "Show panels"}
          aria-pressed={sideShown}
          onClick={onToggleSide}
        >
          <Icon name="panel" />
        </ActionIcon>
        {reviewing && (
          <Button size="sm" variant="light" color="red" onClick={reject.run}>
            Reject
          </Button>
        )}
        <Button size="sm" onClick={done.run} rightSection={<Kbd size="xs">{done.keys}</Kbd>}>
          {reviewing ? "Approve" : "Submit"}
        </Button>
      </Group>
    </header>
  );
}
