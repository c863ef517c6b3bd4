/** A part lying on a table: its kind, its tight box and how it is drawn. Pixels of the picture. */
export interface Part {
  readonly kind: (typeof KINDS)[number];
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Corners of what has corners; a washer has none. */
  readonly corners: readonly (readonly [number, number])[];
  readonly tone: number;
}

export interface Scene {
  readonly ground: readonly [number, number, number];
  readonly scratches: readonly { readonly from: readonly [number, number]; readonly to: readonly [number, number] }[];
  readonly parts: readonly Part[];
}

export const KINDS = ["washer", "bolt", "plate"] as const;
export const SIZE = { width: 480, height: 360 };
const MOST_PARTS = 7;
/** Every twelfth picture shows none: a detector learns from those too. */
const EMPTY_EVERY = 12;

/** Mulberry32 (Tommy Ettinger, public domain): the same seed makes the same pictures in every browser. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The picture of that number. Parts do not touch each other and lie whole within it. */
export function sceneOf(number: number): Scene {
  const random = randomFrom(number + 1);
  const between = (low: number, high: number) => low + random() * (high - low);
  const ground = [between(70, 190), between(70, 190), between(70, 190)] as const;
  const scratches = Array.from({ length: Math.floor(between(5, 14)) }, () => {
    const from = [between(0, SIZE.width), between(0, SIZE.height)] as const;
    return { from, to: [from[0] + between(-90, 90), from[1] + between(-90, 90)] as const };
  });
  const wanted = number % EMPTY_EVERY === EMPTY_EVERY - 1 ? 0 : 1 + Math.floor(random() * MOST_PARTS);
  const parts: Part[] = [];
  for (let tries = wanted * 6; tries > 0 && parts.length < wanted; tries--) {
    const part = partAt(between, random);
    if (parts.every((other) => apart(part, other))) parts.push(part);
  }
  return { ground, scratches, parts };
}

function partAt(between: (low: number, high: number) => number, random: () => number): Part {
  const radius = between(20, 46);
  const [x, y] = [between(radius + 2, SIZE.width - radius - 2), between(radius + 2, SIZE.height - radius - 2)];
  const roll = random();
  const tone = between(150, 245);
  if (roll < 0.5)
    return { kind: "washer", x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius, corners: [], tone };
  const turn = between(0, Math.PI);
  const flat = between(0.35, 0.6);
  const corner = (along: number, across: number) =>
    [
      x + along * Math.cos(turn) - across * Math.sin(turn),
      y + along * Math.sin(turn) + across * Math.cos(turn),
    ] as const;
  const corners =
    roll < 0.8
      ? [0, 1, 2, 3, 4, 5].map((k) =>
          corner(radius * Math.cos((k * Math.PI) / 3), radius * Math.sin((k * Math.PI) / 3)),
        )
      : [corner(-0.85, -flat), corner(0.85, -flat), corner(0.85, flat), corner(-0.85, flat)].map(
          ([cx, cy]) => [x + (cx - x) * radius, y + (cy - y) * radius] as const,
        );
  const xs = corners.map(([cx]) => cx);
  const ys = corners.map(([, cy]) => cy);
  const box = { x: Math.min(...xs), y: Math.min(...ys) };
  return {
    kind: roll < 0.8 ? "bolt" : "plate",
    ...box,
    width: Math.max(...xs) - box.x,
    height: Math.max(...ys) - box.y,
    corners,
    tone,
  };
}

function apart(a: Part, b: Part): boolean {
  const gap = 3;
  return (
    a.x + a.width + gap < b.x || b.x + b.width + gap < a.x || a.y + a.height + gap < b.y || b.y + b.height + gap < a.y
  );
}
