/** Hatches that tell categories apart without colour; the first is plain. */
export const PATTERN_COUNT = 6;

const strokes: readonly ((path: Path2D) => void)[] = [
  () => {},
  (path) => line(path, 0, 8, 8, 0),
  (path) => line(path, 0, 0, 8, 8),
  (path) => line(path, 0, 4, 8, 4),
  (path) => line(path, 4, 0, 4, 8),
  (path) => path.arc(4, 4, 1.5, 0, 2 * Math.PI),
];

function line(path: Path2D, x1: number, y1: number, x2: number, y2: number): void {
  path.moveTo(x1, y1);
  path.lineTo(x2, y2);
}

const made = new Map<string, CanvasPattern | null>();

/** The hatch as a fill in `colour`, 8 px tiles; null for the plain one. */
export function hatch(context: CanvasRenderingContext2D, pattern: number, colour: string): CanvasPattern | null {
  const index = pattern % PATTERN_COUNT;
  if (index === 0) return null;
  const key = `${index}:${colour}`;
  const known = made.get(key);
  if (known !== undefined) return known;
  const tile = document.createElement("canvas");
  tile.width = 8;
  tile.height = 8;
  const brush = tile.getContext("2d");
  if (!brush) return null;
  const path = new Path2D();
  strokes[index]?.(path);
  brush.globalAlpha = 0.7;
  brush.strokeStyle = colour;
  brush.lineWidth = 1.2;
  brush.stroke(path);
  const fill = context.createPattern(tile, "repeat");
  made.set(key, fill);
  return fill;
}
