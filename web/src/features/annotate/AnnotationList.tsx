import { Text } from "@mantine/core";
import { useMemo } from "react";
import { reveal } from "../../annotate/viewActions";
import { geometryBounds } from "../../geometry/geometry";
import classes from "./annotate.module.css";
import { CategorySwatch } from "./CategorySwatch";
import { ShapeList, type ShapeRow } from "./ShapeList";
import { useBench, useEditor } from "./WorkplaceContext";

const WORDS = { box: "box", polygon: "polygon", mask: "mask" } as const;

/** Every annotation of the image as a list: the canvas for screen readers, keyboards and tests. */
export function AnnotationList() {
  const bench = useBench();
  const annotations = useEditor((state) => state.shown?.annotations);
  const selection = useEditor((state) => state.selection);
  const hidden = useEditor((state) => state.hidden);
  const locked = useEditor((state) => state.locked);
  const pending = useEditor((state) => state.pendingIds);
  const categories = useEditor((state) => state.categories);
  const all = useMemo(() => [...(annotations?.values() ?? [])], [annotations]);
  const byId = useMemo(
    () => new Map(categories.map((category, index) => [category.id, { ...category, index }])),
    [categories],
  );
  const [chosen] = selection;
  const current = useMemo(() => all.findIndex(({ id }) => id === chosen), [all, chosen]);

  const toggle = (set: "hidden" | "locked", id: string) => {
    const next = new Set(bench.store.getState()[set]);
    next.has(id) ? next.delete(id) : next.add(id);
    bench.store.setState({ [set]: next });
  };
  const row = (index: number): ShapeRow | null => {
    const annotation = all[index];
    if (!annotation) return null;
    const { id, geometry, source } = annotation;
    const category = byId.get(annotation.category_id);
    const { x, y, width, height } = geometryBounds(geometry);
    const size = `${Math.round(width)}×${Math.round(height)}`;
    const name = category?.name ?? "no class";
    const isHidden = hidden.has(id);
    const isLocked = locked.has(id);
    const flags = [isHidden && "hidden", isLocked && "locked", pending.has(id) && "not saved yet"].filter(Boolean);
    return {
      id,
      name,
      detail: size,
      words: [
        `${name} ${size}, ${WORDS[geometry.type]} at ${Math.round(x)}, ${Math.round(y)}, ${source}`,
        ...flags,
      ].join(", "),
      swatch: <CategorySwatch colour={category?.color ?? "#868e96"} pattern={category?.index ?? 0} />,
      selected: selection.has(id),
      hidden: isHidden,
      pending: pending.has(id),
      buttons: [
        { icon: isHidden ? "eyeOff" : "eye", label: isHidden ? "Show" : "Hide", press: () => toggle("hidden", id) },
        { icon: isLocked ? "lock" : "unlock", label: isLocked ? "Unlock" : "Lock", press: () => toggle("locked", id) },
      ],
    };
  };
  const choose = (index: number, extend: boolean) => {
    const annotation = all[index];
    if (!annotation) return;
    const kept = extend ? [...selection].filter((id) => id !== annotation.id) : [];
    const drop = extend && selection.has(annotation.id);
    bench.store.setState({ selection: new Set(drop ? kept : [...kept, annotation.id]) });
    reveal(bench.store, geometryBounds(annotation.geometry));
  };
  return (
    <section className={classes.section} style={{ flex: 1 }} aria-label="Shapes" data-pane>
      <h2 className={classes.heading}>
        Shapes
        <Text span size="xs" className={classes.quiet} data-testid="shape-count">
          {all.length.toLocaleString("en")}
        </Text>
      </h2>
      <ShapeList
        label="Shapes on this picture"
        count={all.length}
        row={row}
        current={current}
        onChoose={choose}
        onHover={(index) => bench.store.setState({ hovered: index === null ? null : (all[index]?.id ?? null) })}
      />
    </section>
  );
}
