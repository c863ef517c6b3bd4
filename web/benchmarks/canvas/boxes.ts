/** One scene for every renderer: the same boxes, colours and image in the same run. */
export interface BenchBox {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly colour: string;
}

export const IMAGE = { width: 8000, height: 5000 };
export const CANVAS = { width: 1600, height: 1000 };
const COLOURS = ["#e03131", "#1971c2", "#2f9e44", "#f08c00", "#9c36b5", "#0c8599"];

/** Boxes of 20 to 200 px, from a fixed seed (mulberry32), so that every run draws the same scene. */
export function makeBoxes(count: number): BenchBox[] {
  let seed = 20261124;
  const random = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return Array.from({ length: count }, (_, i) => {
    const width = 20 + 180 * random();
    const height = 20 + 180 * random();
    const x = random() * (IMAGE.width - width);
    const y = random() * (IMAGE.height - height);
    return { id: `b${i}`, x, y, width, height, colour: COLOURS[i % COLOURS.length] as string };
  });
}

/** Views that a hand passes through while panning and zooming around `scale`. */
export function path(scale: number, frames: number): { scale: number; tx: number; ty: number }[] {
  return Array.from({ length: frames }, (_, i) => {
    const s = scale * (1 + 0.1 * Math.sin(i / 5));
    const centre = { x: IMAGE.width / 2 + 12 * i, y: IMAGE.height / 2 + 7 * i };
    return { scale: s, tx: CANVAS.width / 2 - centre.x * s, ty: CANVAS.height / 2 - centre.y * s };
  });
}

export const FIT = Math.min(CANVAS.width / IMAGE.width, CANVAS.height / IMAGE.height);
/** About 240 of 5,000 boxes are in sight. */
export const ZOOMED = FIT * 5;
