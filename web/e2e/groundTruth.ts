import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { cells, discsOf, type NamedPicture } from "./pictures";

const BLOOD_CELLS = resolve(import.meta.dirname, "../../../shared/data/bccd");
const [WIDTH, HEIGHT] = [640, 480];

export interface TrueBox {
  readonly category: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface LabelledPicture extends NamedPicture {
  readonly boxes: readonly TrueBox[];
}

/** Pictures with what is on them: blood cells where they are there, made discs elsewhere. */
export async function labelledPictures(count: number, from = 0): Promise<LabelledPicture[]> {
  if (!existsSync(BLOOD_CELLS)) return Array.from({ length: count }, (_, i) => madePicture(from + i));
  const names = (await readdir(join(BLOOD_CELLS, "JPEGImages"))).filter((name) => name.endsWith(".jpg")).sort();
  return Promise.all(
    names.slice(from, from + count).map(async (name) => ({
      name,
      bytes: await readFile(join(BLOOD_CELLS, "JPEGImages", name)),
      boxes: vocBoxes(await readFile(join(BLOOD_CELLS, "Annotations", name.replace(/jpg$/, "xml")), "utf8")),
    })),
  );
}

function madePicture(seed: number): LabelledPicture {
  const boxes = discsOf(WIDTH, HEIGHT, seed).map(({ x, y, r }) =>
    boxBetween(r < 25 ? "Platelets" : r < 35 ? "RBC" : "WBC", x - r, y - r, x + r, y + r),
  );
  return { name: `cells-${seed}.png`, bytes: cells(WIDTH, HEIGHT, seed), boxes };
}

/** The objects of a Pascal VOC file: corners in pixels, some of them outside of the picture. */
function vocBoxes(xml: string): TrueBox[] {
  return xml
    .split("<object>")
    .slice(1)
    .map((object) => {
      const field = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(object)?.[1] ?? "";
      const [left, top, right, bottom] = ["xmin", "ymin", "xmax", "ymax"].map((name) => Number(field(name)));
      return boxBetween(field("name"), left as number, top as number, right as number, bottom as number);
    })
    .filter(({ width, height }) => width > 1 && height > 1);
}

function boxBetween(category: string, left: number, top: number, right: number, bottom: number): TrueBox {
  const [x, y] = [Math.max(0, left), Math.max(0, top)];
  return { category, x, y, width: Math.min(WIDTH, right) - x, height: Math.min(HEIGHT, bottom) - y };
}
