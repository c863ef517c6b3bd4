export interface Grid {
  columns: number;
  /** Width of a picture's place. */
  cell: number;
  /** Its height: most cameras give 4:3, and a square would letterbox them all. */
  tall: number;
  rows: number;
  height: number;
}

export interface Span {
  /** First index to render and the one after the last. */
  start: number;
  end: number;
}

const GAP_PX = 8;
const CAPTION_PX = 30;

/** The grid of `count` pictures in `width` px with cells of about `wanted` px. */
export function gridOf(count: number, width: number, wanted: number): Grid {
  const columns = Math.max(1, Math.floor((width + GAP_PX) / (wanted + GAP_PX)));
  const cell = Math.max(40, Math.floor((width - GAP_PX * (columns - 1)) / columns));
  const rows = Math.ceil(count / columns);
  const tall = Math.round((cell * 3) / 4);
  return { columns, cell, tall, rows, height: rows * rowHeight({ tall }) };
}

/** The pictures that a viewport at `scrollTop` shows, with a screenful to each side. */
export function visibleSpan(grid: Grid, count: number, scrollTop: number, viewHeight: number): Span {
  const row = rowHeight(grid);
  const first = Math.max(0, Math.floor((scrollTop - viewHeight) / row));
  const last = Math.min(grid.rows, Math.ceil((scrollTop + 2 * viewHeight) / row));
  return { start: Math.min(count, first * grid.columns), end: Math.min(count, last * grid.columns) };
}

export function placeOf(grid: Grid, index: number): { left: number; top: number } {
  return {
    left: (index % grid.columns) * (grid.cell + GAP_PX),
    top: Math.floor(index / grid.columns) * rowHeight(grid),
  };
}

/** From the top of one row to that of the next, px. */
export function rowHeight({ tall }: Pick<Grid, "tall">): number {
  return tall + CAPTION_PX + GAP_PX;
}

/** Where an arrow, Home, End or Page key leads from `index`; null for any other key. */
export function focusedAfter(key: string, index: number, grid: Grid, count: number): number | null {
  const steps: Record<string, number> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -grid.columns,
    ArrowDown: grid.columns,
    PageUp: -4 * grid.columns,
    PageDown: 4 * grid.columns,
    Home: -count,
    End: count,
  };
  const step = steps[key];
  return step === undefined || count === 0 ? null : Math.min(count - 1, Math.max(0, index + step));
}

/** The scroll position nearest to `scrollTop` at which the picture is wholly shown. */
export function scrollTopToShow(grid: Grid, index: number, scrollTop: number, viewHeight: number): number {
  const row = rowHeight(grid);
  const { top } = placeOf(grid, index);
  if (top < scrollTop) return top;
  return top + row > scrollTop + viewHeight ? top + row - viewHeight : scrollTop;
}
