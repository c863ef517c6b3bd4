import { useElementSize } from "@mantine/hooks";
import { type MouseEvent, useEffect, useMemo, useRef, useState } from "react";
import type { Category, Image } from "../../api/types";
import type { ImageFilter } from "./Filters";
import { gridOf, placeOf, visibleSpan } from "./gridMaths";
import classes from "./pictures.module.css";
import { Tile } from "./Tile";

const CELL_PX = 180;

interface Props {
  projectId: string;
  images: readonly Image[];
  total: number;
  categories: readonly Category[];
  filter: ImageFilter;
  selected: ReadonlySet<string>;
  onSelect: (selected: ReadonlySet<string>) => void;
  onNeedMore: () => void;
}

/** Only the pictures near the viewport are in the page, however many there are. */
export function Gallery({ projectId, images, total, categories, filter, selected, onSelect, onNeedMore }: Props) {
  const { ref, width } = useElementSize();
  const outer = useRef<HTMLDivElement>(null);
  const anchor = useRef<number | null>(null);
  const [view, setView] = useState({ top: 0, height: 800 });
  const grid = gridOf(total, width, CELL_PX);
  const span = visibleSpan(grid, total, view.top, view.height);
  const colors = useMemo(() => new Map(categories.map(({ id, color }) => [id, color])), [categories]);

  useEffect(() => {
    const scroller = outer.current?.closest("#content");
    if (!scroller) return;
    let frame = 0;
    const look = () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => {
        const offset = outer.current?.offsetTop ?? 0;
        setView({ top: Math.max(0, scroller.scrollTop - offset), height: scroller.clientHeight });
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

  const missing = span.end > images.length && images.length < total;
  useEffect(() => {
    if (missing) onNeedMore();
  });

  const pick = (index: number, event: MouseEvent) => {
    const image = images[index];
    if (!image) return;
    const next = new Set(selected);
    if (event.shiftKey && anchor.current !== null) {
      const [from, to] = [Math.min(anchor.current, index), Math.max(anchor.current, index)];
      for (const each of images.slice(from, to + 1)) next.add(each.id);
    } else if (next.has(image.id)) next.delete(image.id);
    else next.add(image.id);
    anchor.current = index;
    onSelect(next);
  };

  return (
    <div ref={outer}>
      <section ref={ref} className={classes.gallery} style={{ height: grid.height }} aria-label="Pictures">
        {width > 0 &&
          Array.from({ length: span.end - span.start }, (_, offset) => {
            const index = span.start + offset;
            const { left, top } = placeOf(grid, index);
            const image = images[index];
            return (
              <div
                key={image?.id ?? `waiting-${index}`}
                className={classes.place}
                style={{ transform: `translate(${left}px, ${top}px)`, width: grid.cell }}
              >
                {image ? (
                  <Tile
                    projectId={projectId}
                    image={image}
                    size={grid.cell}
                    colors={colors}
                    filter={filter}
                    selected={selected.has(image.id)}
                    onPick={(event) => pick(index, event)}
                  />
                ) : (
                  <div className={classes.waiting} style={{ height: grid.cell }} />
                )}
              </div>
            );
          })}
      </section>
    </div>
  );
}
