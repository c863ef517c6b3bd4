import { useElementSize } from "@mantine/hooks";
import { type KeyboardEvent, type MouseEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Category } from "../../api/types";
import type { ImageFilter } from "./Filters";
import { focusedAfter, gridOf, placeOf, rowHeight, scrollTopToShow, visibleSpan } from "./gridMaths";
import type { ImageSource } from "./imageSource";
import classes from "./pictures.module.css";
import { Tile } from "./Tile";

const CELL_PX = 200;

interface Props {
  projectId: string;
  source: ImageSource;
  categories: readonly Category[];
  filter: ImageFilter;
  selected: ReadonlySet<string>;
  onSelect: (selected: ReadonlySet<string>) => void;
  onSimilar?: (imageId: string) => void;
}

/** Only the pictures near the viewport are in the page, however many there are. */
export function Gallery({ projectId, source, categories, filter, selected, onSelect, onSimilar }: Props) {
  const { ref, width } = useElementSize();
  const outer = useRef<HTMLDivElement>(null);
  const anchor = useRef<number | null>(null);
  const [view, setView] = useState({ top: 0, height: 800 });
  const { total, show } = source;
  const grid = gridOf(total, width, CELL_PX);
  const span = visibleSpan(grid, total, view.top, view.height);
  const colors = useMemo(() => new Map(categories.map(({ id, color }) => [id, color])), [categories]);
  const current = useRef({ source, selected, onSelect, onSimilar, row: CELL_PX });
  current.current = { source, selected, onSelect, onSimilar, row: rowHeight(grid) };

  useEffect(() => {
    const scroller = outer.current?.closest("#content");
    if (!scroller) return;
    let frame = 0;
    const look = () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => {
        const offset = outer.current?.offsetTop ?? 0;
        const { row } = current.current;
        const top = Math.floor(Math.max(0, scroller.scrollTop - offset) / row) * row;
        const height = scroller.clientHeight;
        // By rows: between two of them the same pictures are in the page, and a frame costs no render.
        setView((old) => (old.top === top && old.height === height ? old : { top, height }));
      });
    };
    look();
    scroller.addEventListener("scroll", look, { passive: true });
    window.addEventListener("resize", look);
    return () => {
      cancelAnimationFrame(frame);
      scroller.removeEventListener("scroll", look);
      window.removeEventListener("resize", look);
    };
  }, []);

  useEffect(() => {
    if (width > 0) show({ start: span.start, end: span.end });
  }, [show, width, span.start, span.end]);

  const pick = useCallback(async (index: number, event: MouseEvent) => {
    const { source, selected, onSelect } = current.current;
    const image = source.at(index);
    if (!image) return;
    const next = new Set(selected);
    if (event.shiftKey && anchor.current !== null) {
      const [from, to] = [Math.min(anchor.current, index), Math.max(anchor.current, index)];
      for (const id of await source.ids(from, to + 1)) next.add(id);
    } else if (next.has(image.id)) next.delete(image.id);
    else next.add(image.id);
    anchor.current = index;
    onSelect(next);
  }, []);
  const similar = useCallback((imageId: string) => current.current.onSimilar?.(imageId), []);

  const move = (event: KeyboardEvent) => {
    const focused = (event.target as HTMLElement).closest<HTMLElement>("[data-index]");
    const index = focused && focusedAfter(event.key, Number(focused.dataset.index), grid, total);
    if (index === null) return;
    event.preventDefault();
    const scroller = outer.current?.closest("#content");
    if (scroller) {
      const offset = outer.current?.offsetTop ?? 0;
      scroller.scrollTop = offset + scrollTopToShow(grid, index, scroller.scrollTop - offset, scroller.clientHeight);
    }
    // The row may come into the page only with the next frames.
    let tries = 20;
    const focus = () => {
      const link = outer.current?.querySelector<HTMLElement>(`[data-index="${index}"] a`);
      if (link) link.focus({ preventScroll: true });
      else if (tries-- > 0) requestAnimationFrame(focus);
    };
    focus();
  };

  return (
    <div ref={outer}>
      <section
        ref={ref}
        className={classes.gallery}
        style={{ height: grid.height }}
        aria-label="Pictures"
        onKeyDown={move}
      >
        {width > 0 &&
          Array.from({ length: span.end - span.start }, (_, offset) => {
            const index = span.start + offset;
            const { left, top } = placeOf(grid, index);
            const image = source.at(index);
            return (
              <div
                key={image?.id ?? `waiting-${index}`}
                data-index={index}
                className={classes.place}
                style={{ transform: `translate(${left}px, ${top}px)`, width: grid.cell }}
              >
                {image ? (
                  <Tile
                    projectId={projectId}
                    image={image}
                    height={grid.tall}
                    colors={colors}
                    filter={filter}
                    selected={selected.has(image.id)}
                    index={index}
                    onPick={pick}
                    {...(onSimilar ? { onSimilar: similar } : {})}
                  />
                ) : (
                  <div className={classes.waiting} style={{ height: grid.tall }} />
                )}
              </div>
            );
          })}
      </section>
    </div>
  );
}
