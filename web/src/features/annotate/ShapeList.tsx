import { ActionIcon } from "@mantine/core";
import { type KeyboardEvent, memo, type ReactNode, useEffect, useId, useRef, useState } from "react";
import classes from "./annotate.module.css";
import { Icon } from "./icons";

export interface ShapeRow {
  readonly id: string;
  readonly name: string;
  /** Size in image pixels, or confidence. */
  readonly detail: string;
  /** The whole row in words, for screen readers and tests: what can be read in it first, as WCAG 2.5.3 asks. */
  readonly words: string;
  readonly swatch: ReactNode;
  readonly selected: boolean;
  readonly hidden: boolean;
  readonly pending: boolean;
  readonly buttons: readonly RowButton[];
}

interface RowButton {
  readonly icon: "eye" | "eyeOff" | "lock" | "unlock" | "check" | "cross";
  readonly label: string;
  /** Acts on the row's shape and on nothing else that was true when the row was made. */
  readonly press: () => void;
}

interface ShapeListProps {
  label: string;
  count: number;
  row: (index: number) => ShapeRow | null;
  /** The row to scroll to when it changes. */
  current: number;
  onChoose: (index: number, extend: boolean) => void;
  onHover: (index: number | null) => void;
  /** As high as its rows allow, where it should not fill its panel. */
  height?: string;
}

export const ROW_PX = 30;
const OVERSCAN = 6;

/** A listbox that mirrors the canvas; only the rows in sight are in the page, so 5,000 shapes cost what 20 do. */
export function ShapeList({ label, count, row, current, onChoose, onHover, height: wanted }: ShapeListProps) {
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(300);

  useEffect(() => {
    const element = list.current;
    if (!element) return;
    const watch = new ResizeObserver(() => setHeight(element.clientHeight));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);

  useEffect(() => {
    const element = list.current;
    if (!element || current < 0) return;
    const at = current * ROW_PX;
    if (at < element.scrollTop || at + ROW_PX > element.scrollTop + element.clientHeight)
      element.scrollTop = at - element.clientHeight / 2;
  }, [current]);

  const onKeyDown = (event: KeyboardEvent) => {
    const targets: Record<string, number> = {
      ArrowDown: current + 1,
      ArrowUp: current - 1,
      Home: 0,
      End: count - 1,
      PageDown: current + 10,
      PageUp: current - 10,
    };
    const target = targets[event.key];
    if (target === undefined || count === 0) return;
    event.preventDefault();
    onChoose(Math.min(count - 1, Math.max(0, target)), false);
  };

  const first = Math.max(0, Math.floor(top / ROW_PX) - OVERSCAN);
  const last = Math.min(count, Math.ceil((top + height) / ROW_PX) + OVERSCAN);
  const rows = Array.from({ length: Math.max(0, last - first) }, (_, i) => ({
    index: first + i,
    view: row(first + i),
  }));
  return (
    <div
      ref={list}
      className={classes.list}
      style={wanted ? { flex: "none", height: wanted, minHeight: 0 } : undefined}
      role="listbox"
      aria-label={label}
      aria-multiselectable="true"
      aria-activedescendant={current >= first && current < last ? `${id}-${current}` : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      onPointerLeave={() => onHover(null)}
    >
      <div style={{ height: count * ROW_PX }} role="presentation">
        {rows.map(
          ({ index, view }) =>
            view && (
              <Row
                key={view.id}
                id={`${id}-${index}`}
                index={index}
                count={count}
                view={view}
                onChoose={onChoose}
                onHover={onHover}
              />
            ),
        )}
      </div>
    </div>
  );
}

interface RowProps extends Pick<ShapeListProps, "count" | "onChoose" | "onHover"> {
  id: string;
  index: number;
  view: ShapeRow;
}

function Row({ id, index, count, view, onChoose, onHover }: RowProps) {
  return (
    <div
      className={classes.row}
      style={{ top: index * ROW_PX }}
      role="presentation"
      data-pending={view.pending}
      data-hidden={view.hidden}
      onPointerEnter={() => onHover(index)}
    >
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the listbox around it takes the keys */}
      <div
        id={id}
        className={classes.option}
        role="option"
        tabIndex={-1}
        aria-selected={view.selected}
        aria-setsize={count}
        aria-posinset={index + 1}
        aria-label={view.words}
        data-id={view.id}
        onClick={(event) => onChoose(index, event.shiftKey || event.ctrlKey || event.metaKey)}
      >
        {view.swatch}
        <span className={classes.className}>{view.name}</span> <span className={classes.size}>{view.detail}</span>
      </div>
      {/* Beside the option, not in it: an option holds no buttons. Keys do the same, so screen readers miss nothing. */}
      {view.buttons.map((button) => (
        <Press key={button.label} id={view.id} button={button} />
      ))}
    </div>
  );
}

/** Kept while it would look the same: a gesture changes every row's place, and 50 buttons cost more than the canvas. */
const Press = memo(
  function Press({ button: { icon, label, press } }: { id: string; button: RowButton }) {
    return (
      <ActionIcon
        size="sm"
        variant="subtle"
        color="gray"
        tabIndex={-1}
        aria-hidden="true"
        title={label}
        onClick={(event) => {
          event.stopPropagation();
          press();
        }}
      >
        <Icon name={icon} size={14} />
      </ActionIcon>
    );
  },
  (before, after) =>
    before.id === after.id && before.button.icon === after.button.icon && before.button.label === after.button.label,
);
