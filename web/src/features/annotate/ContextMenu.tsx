import { Kbd, Menu } from "@mantine/core";
import type { ScreenPoint } from "../../geometry/point";
import classes from "./annotate.module.css";
import { useAction, useEditor } from "./WorkplaceContext";

const OVER_SHAPE = ["change_class", "copy", "duplicate", "merge", "hide", "lock", "delete"];
const OVER_PROPOSAL = ["accept_proposal", "reject_proposal", "change_class"];
const ANYWHERE = ["paste", "paste_previous", "select_all", "fit", "actual_size", "mark_empty", "delete_all"];

/** The same actions as the keys, where the pointer is. */
export function ContextMenu({ at, onClose }: { at: ScreenPoint | null; onClose: () => void }) {
  const onProposal = useEditor((state) => [...state.selection].some((id) => state.shown?.predictions.has(id)));
  const onShape = useEditor((state) => state.selection.size > 0);
  const first = onProposal ? OVER_PROPOSAL : onShape ? OVER_SHAPE : [];
  return (
    <Menu
      opened={at !== null}
      onClose={onClose}
      position="bottom-start"
      offset={0}
      transitionProps={{ duration: 0 }}
      // Its anchor is a point: where motion is reduced, that is taken for a target that went out of sight.
      hideDetached={false}
      // A menu may hold items only (WAI-ARIA); the placeholder would be none.
      withInitialFocusPlaceholder={false}
      returnFocus
    >
      <Menu.Target>
        <button
          type="button"
          tabIndex={-1}
          aria-label="Menu of the canvas"
          className={classes.menuAnchor}
          style={{ left: at?.x ?? 0, top: at?.y ?? 0 }}
        />
      </Menu.Target>
      <Menu.Dropdown>
        {first.map((id) => (
          <Item key={id} id={id} />
        ))}
        {first.length > 0 && <Menu.Divider />}
        {ANYWHERE.map((id) => (
          <Item key={id} id={id} />
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function Item({ id }: { id: string }) {
  const { label, keys, run } = useAction(id);
  return (
    <Menu.Item rightSection={keys && <Kbd size="xs">{keys}</Kbd>} onClick={run}>
      {label}
    </Menu.Item>
  );
}
