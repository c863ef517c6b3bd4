import { Kbd, UnstyledButton } from "@mantine/core";
import { chooseCategory } from "../../annotate/shapeActions";
import { ActionButton } from "./ActionButton";
import classes from "./annotate.module.css";
import { CategorySwatch } from "./CategorySwatch";
import { useAction, useBench, useEditor } from "./WorkplaceContext";

/** The digit that arms the n-th class: its own hotkey, else its place in the list. */
export function digitOf(hotkey: string | null | undefined, index: number): string {
  if (hotkey) return hotkey;
  return index < 9 ? String(index + 1) : index < 18 ? `⇧${index - 8}` : "";
}

/** Beyond these nobody reads the list: the search finds them. */
const FEW = 60;

export function ClassPanel() {
  const bench = useBench();
  const search = useAction("class_search");
  const categories = useEditor((state) => state.categories);
  const armed = useEditor((state) => state.categoryId);
  const listed = categories
    .map((category, index) => ({ category, index }))
    .filter(({ category, index }) => index < FEW || category.id === armed);
  return (
    <section className={classes.section} aria-label="Classes" data-pane>
      <h2 className={classes.heading}>
        Classes
        <ActionButton id="class_search" icon="search" />
      </h2>
      <div className={classes.classes} role="radiogroup" aria-label="Class of the next shape">
        {listed.map(({ category, index }) => (
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
        {categories.length > listed.length && (
          <UnstyledButton className={classes.class} onClick={search.run}>
            {(categories.length - listed.length).toLocaleString()} more, by name
            {search.keys && <Kbd size="xs">{search.keys}</Kbd>}
          </UnstyledButton>
        )}
      </div>
    </section>
  );
}
