import { Kbd, Modal, ScrollArea, TextInput, UnstyledButton } from "@mantine/core";
import { type KeyboardEvent, useState } from "react";
import { chooseCategory } from "../../annotate/shapeActions";
import classes from "./annotate.module.css";
import { CategorySwatch } from "./CategorySwatch";
import { digitOf } from "./ClassPanel";
import { useBench, useEditor } from "./WorkplaceContext";

/** Find a class by typing; Enter arms it, or gives it to what is selected. */
export function ClassSearch({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Class" size="sm" transitionProps={{ duration: 0 }}>
      {opened && <Search onClose={onClose} />}
    </Modal>
  );
}

function Search({ onClose }: { onClose: () => void }) {
  const bench = useBench();
  const categories = useEditor((state) => state.categories);
  const selected = useEditor((state) => state.selection.size);
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const found = categories
    .map((category, index) => ({ category, index }))
    .filter(({ category }) => category.name.toLowerCase().includes(text.trim().toLowerCase()));
  const choose = (index: number) => {
    const hit = found[index];
    if (!hit) return;
    chooseCategory(bench, hit.category.id);
    onClose();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0) setAt((found.length + at + step) % Math.max(1, found.length));
    else if (event.key === "Enter") choose(at);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <TextInput
        data-autofocus
        role="combobox"
        aria-label={selected > 0 ? `Class for ${selected} selected shapes` : "Class for the next shape"}
        aria-expanded="true"
        aria-controls="class-search-results"
        aria-activedescendant={found[at] ? `class-result-${at}` : undefined}
        placeholder={selected > 0 ? "Class for the selection…" : "Class for the next shape…"}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ScrollArea.Autosize mah={320} mt="xs">
        <div id="class-search-results" role="listbox" aria-label="Classes">
          {found.map(({ category, index }, i) => (
            <UnstyledButton
              key={category.id}
              id={`class-result-${i}`}
              className={classes.row}
              style={{ position: "static", width: "100%" }}
              role="option"
              aria-selected={i === at}
              tabIndex={-1}
              onClick={() => choose(i)}
            >
              <CategorySwatch colour={category.color} pattern={index} />
              <span className={classes.className}>{category.name}</span>
              {digitOf(category.hotkey, index) && <Kbd size="xs">{digitOf(category.hotkey, index)}</Kbd>}
            </UnstyledButton>
          ))}
        </div>
      </ScrollArea.Autosize>
    </>
  );
}
