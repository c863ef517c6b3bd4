import { decodeMask, type Mask } from "../geometry/mask";

export interface MaskRequest {
  readonly key: string;
  readonly mask: Mask;
  readonly colour: string;
}

export interface MaskReply {
  readonly key: string;
  readonly bitmap: ImageBitmap;
}

const ALPHA = 110;

/** RLE to a tinted bitmap, off the main thread: a 50 MP mask takes tens of milliseconds. */
self.onmessage = async ({ data: { key, mask, colour } }: MessageEvent<MaskRequest>) => {
  const [height, width] = mask.size;
  const rgb = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)) as [number, number, number];
  const picture = new ImageData(width, height);
  decodeMask(mask).forEach((set, index) => {
    if (set) picture.data.set([...rgb, ALPHA], index * 4);
  });
  const bitmap = await createImageBitmap(picture);
  self.postMessage({ key, bitmap } satisfies MaskReply, { transfer: [bitmap] });
};
