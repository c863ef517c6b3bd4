import type { Bounds } from "./bounds";
import type { ImagePoint } from "./point";

/** COCO's compressed run-length encoding: column-major runs, background first. `size` is [height, width]. */
export interface Mask {
  type: "mask";
  size: [number, number];
  counts: string;
}

/** Runs of a compressed string: 5 bits a character, sign-extended, from the fourth run on relative to two runs before. */
export function decodeRuns(counts: string): number[] {
  const runs: number[] = [];
  let at = 0;
  while (at < counts.length) {
    let value = 0;
    let shift = 0;
    let more = true;
    while (more && at < counts.length) {
      const bits = counts.charCodeAt(at++) - 48;
      value |= (bits & 0x1f) << shift;
      shift += 5;
      more = (bits & 0x20) !== 0;
      if (!more && bits & 0x10 && shift < 32) value |= -1 << shift;
    }
    runs.push(runs.length > 2 ? value + (runs[runs.length - 2] as number) : value);
  }
  return runs;
}

export function encodeRuns(runs: readonly number[]): string {
  let text = "";
  runs.forEach((run, index) => {
    let value = index > 2 ? run - (runs[index - 2] as number) : run;
    for (let more = true; more; ) {
      let bits = value & 0x1f;
      value >>= 5;
      more = bits & 0x10 ? value !== -1 : value !== 0;
      if (more) bits |= 0x20;
      text += String.fromCharCode(bits + 48);
    }
  });
  return text;
}

/** Row-major bytes, 1 where the mask is set: what an ImageData is filled from. */
export function decodeMask({ size: [height, width], counts }: Mask): Uint8Array {
  const rows = new Uint8Array(width * height);
  let at = 0;
  decodeRuns(counts).forEach((run, index) => {
    const end = Math.min(at + run, rows.length);
    if (index % 2 === 1) for (let i = at; i < end; i++) rows[(i % height) * width + Math.floor(i / height)] = 1;
    at = end;
  });
  return rows;
}

export function maskArea({ counts }: Mask): number {
  return decodeRuns(counts).reduce((area, run, index) => (index % 2 === 1 ? area + run : area), 0);
}

export function maskBounds({ size: [height], counts }: Mask): Bounds {
  let left = Infinity;
  let top = Infinity;
  let right = -1;
  let bottom = -1;
  let at = 0;
  decodeRuns(counts).forEach((run, index) => {
    if (index % 2 === 1 && run > 0) {
      const last = at + run - 1;
      const first = { column: Math.floor(at / height), row: at % height };
      const end = { column: Math.floor(last / height), row: last % height };
      left = Math.min(left, first.column);
      right = Math.max(right, end.column);
      const wraps = first.column !== end.column;
      top = Math.min(top, wraps ? 0 : first.row);
      bottom = Math.max(bottom, wraps ? height - 1 : end.row);
    }
    at += run;
  });
  if (right < 0) return { x: 0, y: 0, width: 0, height: 0 };
  return { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

export function maskContains({ size: [height, width], counts }: Mask, point: ImagePoint): boolean {
  const column = Math.floor(point.x);
  const row = Math.floor(point.y);
  if (column < 0 || row < 0 || column >= width || row >= height) return false;
  const target = column * height + row;
  let at = 0;
  let index = 0;
  for (const run of decodeRuns(counts)) {
    at += run;
    if (target < at) return index % 2 === 1;
    index++;
  }
  return false;
}
