import { Kbd, UnstyledButton } from "@mantine/core";
import { chooseCategory } from "../../annotate/shapeActions";
import { ActionButton } from "./ActionButton";
import classes from "./annotate.module.css";
import { CategorySwatch } from "./CategorySwatch";
import { useBench, useEditor } from "./WorkplaceContext";

/** The digit that arms the n-th class: its own hotkey, else its place in the list. */
export function digitOf(hotkey: string | null | undefined, index: number): string {
  if (hotkey) return hotkey;
  return index < 9 ? String(index + 1) : index < 18 ? `⇧${index - 8}` : "";
}

export function ClassPanel() {
  const bench = useBench();
  const categories = useEditor((state) => state.categories);
  const armed = useEditor((state) => state.categoryId);
  return (
    <section className={classes.section} aria-label="Classes" data-pane>
      <h2 className={classes.heading}>
        Classes
        <ActionButton id="class_search" icon="search" />
      </h2>
      <div className={classes.classes} role="radiogroup" aria-label="Class of the next shape">
        {categories.map((category, index) => (
          <UnstyledButton
            key={category.id}
            className={classes.class}
            role="radio"
            aria-checked={category.id === armed}
            onClick={() => chooseCategory(bench, category.id)}
          >
            <CategorySwatch colour={category.color} pattern={index} />
            <span className={classes.className}>{category.name}</span>
            {digitOf(category.hotkey, index) && <Kbd size="xs">{digitOf(category.hotkey, index)}</Kbd>}
          </UnstyledButton>
        ))}
      </div>
    </section>
  );
}
