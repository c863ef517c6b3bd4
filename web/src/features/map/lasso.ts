export interface Point {
  x: number;
  y: number;
}

/** Whether the point lies in the closed outline: the even-odd rule, so that a loop that crosses itself has holes. */
export function isInside(point: Point, outline: readonly Point[]): boolean {
  let inside = false;
  for (let i = 0, j = outline.length - 1; i < outline.length; j = i++) {
    const [a, b] = [outline[i], outline[j]];
    if (!a || !b) continue;
    if (a.y > point.y === b.y > point.y) continue;
    if (point.x < a.x + ((point.y - a.y) * (b.x - a.x)) / (b.y - a.y)) inside = !inside;
  }
  return inside;
}

/** The items whose place lies in the outline; its bounds are tried first, since most lie far from it. */
export function caught<T extends Point>(items: readonly T[], outline: readonly Point[]): T[] {
  if (outline.length < 3) return [];
  const xs = outline.map(({ x }) => x);
  const ys = outline.map(({ y }) => y);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  return items.filter(
    (item) => item.x >= left && item.x <= right && item.y >= top && item.y <= bottom && isInside(item, outline),
  );
}
