import { Kbd, Modal, ScrollArea, Text, TextInput, UnstyledButton } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, type ReactNode, useState } from "react";
import { findActions } from "../../annotate/findActions";
import { read } from "../../annotate/imageApi";
import { spell } from "../../annotate/keymap";
import { searchQuery } from "../../api/queries";
import classes from "./annotate.module.css";
import { useWorkplace } from "./WorkplaceContext";

interface PaletteProps {
  projectId: string;
  opened: boolean;
  onClose: () => void;
}

interface Option {
  readonly key: string;
  readonly label: string;
  readonly aside?: ReactNode;
  readonly imageId?: string;
  /** Opens something, or false to stay open. */
  readonly choose: () => boolean;
}

const PICTURES = 6;
const LOOKALIKES = 24;
const ACTIONS_SHOWN = 6;

/** Everything by typing: pictures by name or by what they show, and every action with its key. */
export function Palette({ opened, onClose, projectId }: PaletteProps) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title="Find a picture or an action"
      size="lg"
      transitionProps={{ duration: 0 }}
    >
      {opened && <Find projectId={projectId} onClose={onClose} />}
    </Modal>
  );
}

function Find({ projectId, onClose }: Omit<PaletteProps, "opened">) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const [meant, setMeant] = useState("");
  const { options, says } = useOptions(projectId, text.trim(), meant, setMeant);
  const choose = (option: Option | undefined) => {
    setAt(0);
    if (option?.choose()) onClose();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0) setAt((options.length + at + step) % Math.max(1, options.length));
    else if (event.key === "Enter") choose(options[at]);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <TextInput
        data-autofocus
        role="combobox"
        aria-label="Picture or action"
        aria-expanded="true"
        aria-controls="palette-results"
        aria-activedescendant={options[at] ? `palette-${at}` : undefined}
        placeholder="A file name, what it shows, or what to do"
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setMeant("");
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <Text size="xs" mt={6} role="status" className={classes.quiet}>
        {says}
      </Text>
      <ScrollArea.Autosize mah="50vh" mt="xs">
        <div id="palette-results" role="listbox" aria-label="Found">
          {options.map((option, index) => (
            <UnstyledButton
              key={option.key}
              id={`palette-${index}`}
              className={classes.row}
              style={{ position: "static", width: "100%", height: "auto", minHeight: 32 }}
              role="option"
              aria-selected={index === at}
              tabIndex={-1}
              onClick={() => choose(option)}
            >
              {option.imageId && (
                <img src={`/api/images/${option.imageId}/thumbnail?size=128`} alt="" height={36} loading="lazy" />
              )}
              <span className={classes.className}>{option.label}</span>
              {option.aside}
            </UnstyledButton>
          ))}
        </div>
      </ScrollArea.Autosize>
    </>
  );
}

function useOptions(projectId: string, text: string, meant: string, mean: (text: string) => void) {
  const { workplace, bindings } = useWorkplace();
  const [settled] = useDebouncedValue(text, 150);
  const named = useQuery({
    queryKey: ["images", projectId, "named", settled],
    queryFn: () =>
      read<{ items: { id: string; file_name: string }[] }>(
        `/api/projects/${projectId}/images?limit=${PICTURES}&q=${encodeURIComponent(settled)}`,
      ),
    enabled: settled !== "",
  });
  const alike = useQuery({ ...searchQuery(projectId, { text: meant }), enabled: meant !== "" });
  const open = (id: string) => () => {
    void workplace.open(id);
    return true;
  };
  if (meant) {
    const options: Option[] = (alike.data?.items ?? []).slice(0, LOOKALIKES).map(({ image_id, score }, index) => ({
      key: image_id,
      label: `Match ${index + 1}`,
      aside: <span className={classes.size}>{score.toFixed(2)}</span>,
      imageId: image_id,
      choose: open(image_id),
    }));
    const says = alike.error
      ? alike.error.message
      : alike.isPending
        ? "Looking at every picture…"
        : `Most like “${meant}”, the likest first`;
    return { options, says };
  }
  const pictures = text === "" ? [] : (named.data?.items ?? []);
  const options: Option[] = [
    ...pictures.map(({ id, file_name }) => ({ key: id, label: file_name, imageId: id, choose: open(id) })),
    ...findActions(text, ACTIONS_SHOWN).map(({ id, label, run }) => ({
      key: id,
      label,
      aside: bindings[id]?.[0] && <Kbd size="xs">{spell(bindings[id][0])}</Kbd>,
      choose: () => {
        // After the dialog has gone: what the action opens must not find it in the way.
        setTimeout(() => run(workplace.bench));
        return true;
      },
    })),
    ...(text === ""
      ? []
      : [
          {
            key: "meaning",
            label: `Pictures that show “${text}”`,
            choose: () => {
              mean(text);
              return false;
            },
          },
        ]),
  ];
  return { options, says: text === "" ? "Arrows choose, Enter opens." : "" };
}
