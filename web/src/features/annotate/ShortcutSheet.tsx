import { Alert, Button, Group, Kbd, Modal, Select, Text, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { useState } from "react";
import { ACTION, ACTIONS } from "../../annotate/actions";
import { chordsOf } from "../../annotate/chord";
import { bindingsOf, conflictsOf, type KeyChoice, PRESETS, spell } from "../../annotate/keymap";
import classes from "./annotate.module.css";

interface ShortcutSheetProps {
  opened: boolean;
  onClose: () => void;
  choice: KeyChoice;
  onChoice: (choice: KeyChoice) => void;
}

const HELD = [
  ["Space", "Pan while held"],
  ["Ctrl", "While drawing: snap. Before: select with any tool"],
  ["Shift", "Square, one axis; with a drag: freehand polygon"],
  ["Alt", "With a click: delete a vertex"],
] as const;
const ONE_BY_ONE = ACTIONS.filter(({ id }) => !/^class_([2-9]|1\d)$/.test(id));

/** All keys, for people who come from elsewhere too; press a key's button to give the action another. */
export function ShortcutSheet({ opened, onClose, choice, onChoice }: ShortcutSheetProps) {
  const [recording, setRecording] = useState<string | null>(null);
  const bindings = bindingsOf(choice);
  const conflicts = conflictsOf(bindings);
  const groups = [...new Set(ONE_BY_ONE.map((action) => action.group))];
  const record = (id: string, event: React.KeyboardEvent) => {
    if (["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    setRecording(null);
    const [chord] = chordsOf(event.nativeEvent);
    if (chord && event.key !== "Escape") onChoice({ ...choice, own: { ...choice.own, [id]: [chord] } });
  };
  return (
    <Modal opened={opened} onClose={onClose} title="Keys" size="xl" closeOnEscape={recording === null}>
      <Group mb="md" align="end">
        <Select
          label="Keys as in"
          data={Object.keys(PRESETS).map((name) => ({
            value: name,
            label: name === "default" ? "Auto-Annotation" : name,
          }))}
          value={choice.preset}
          onChange={(preset) => preset && onChoice({ preset, own: {} })}
          allowDeselect={false}
        />
        {Object.keys(choice.own).length > 0 && (
          <Button variant="default" onClick={() => onChoice({ ...choice, own: {} })}>
            Forget {Object.keys(choice.own).length} own keys
          </Button>
        )}
      </Group>
      {conflicts.map(({ chord, actions }) => (
        <Alert key={chord} color="red" mb="xs" title={`${spell(chord)} means two things`}>
          {actions.map((id) => ACTION.get(id)?.label ?? id).join(" and ")}
        </Alert>
      ))}
      <div className={classes.shortcuts}>
        {groups.map((group) => (
          <div key={group} className={classes.shortcutGroup}>
            <Text fw={600} size="sm" mb={4}>
              {group}
            </Text>
            {ONE_BY_ONE.filter((action) => action.group === group).map(({ id, label }) => (
              <div key={id} className={classes.shortcut}>
                <span>{id === "class_1" ? "Classes 1 to 18" : label}</span>
                <UnstyledButton
                  onClick={() => setRecording(id)}
                  onKeyDown={(event) => recording === id && record(id, event)}
                  onBlur={() => setRecording(null)}
                >
                  <VisuallyHidden>{`Change the key of ${label}: `}</VisuallyHidden>
                  {recording === id ? (
                    <Text size="xs" className={classes.quiet}>
                      press a key
                    </Text>
                  ) : (
                    (bindings[id] ?? []).map((chord) => (
                      <Kbd key={chord} size="xs" ml={4}>
                        {spell(chord)}
                      </Kbd>
                    ))
                  )}
                </UnstyledButton>
              </div>
            ))}
          </div>
        ))}
        <div className={classes.shortcutGroup}>
          <Text fw={600} size="sm" mb={4}>
            Held
          </Text>
          {HELD.map(([key, label]) => (
            <div key={key} className={classes.shortcut}>
              <span>{label}</span>
              <Kbd size="xs">{key}</Kbd>
            </div>
          ))}
        </div>
      </div>
    </Modal>
  );
}
