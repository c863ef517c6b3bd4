import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { crc32, deflateSync } from "node:zlib";

const BLOOD_CELLS = resolve(import.meta.dirname, "../../../shared/data/bccd/JPEGImages");

export interface NamedPicture {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Real blood-cell pictures where they are there, made ones of the same size elsewhere. */
export async function pictures(count: number): Promise<NamedPicture[]> {
  if (!existsSync(BLOOD_CELLS))
    return Array.from({ length: count }, (_, i) => ({ name: `cells-${i}.png`, bytes: cells(640, 480, i) }));
  const names = (await readdir(BLOOD_CELLS)).filter((name) => name.endsWith(".jpg")).sort();
  return Promise.all(
    names.slice(0, count).map(async (name) => ({ name, bytes: await readFile(join(BLOOD_CELLS, name)) })),
  );
}

interface Disc {
  readonly x: number;
  readonly y: number;
  readonly r: number;
}

/** Where `cells` draws its discs. */
export function discsOf(width: number, height: number, seed: number): Disc[] {
  return Array.from({ length: 12 }, (_, i) => ({
    x: ((i * 131 + seed * 57) % width) + 8,
    y: ((i * 89 + seed * 43) % height) + 8,
    r: 14 + ((i * 7 + seed * 3) % 30),
  }));
}

/** A PNG of discs on a pale ground; another `seed` is another picture. */
export function cells(width: number, height: number, seed: number): Uint8Array {
  const rows = Buffer.alloc((width * 3 + 1) * height);
  const discs = discsOf(width, height, seed);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inside = discs.some((disc) => (x - disc.x) ** 2 + (y - disc.y) ** 2 < disc.r ** 2);
      rows.set(inside ? [196, 92, 110] : [236, 228, 222], y * (width * 3 + 1) + 1 + x * 3);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
