import Konva from "konva";
import { type BenchBox, CANVAS } from "./boxes";

/**
 * The scene as most people build it with Konva: listening nodes, perfectDraw off, one layer, nothing hidden by hand.
 * `tuned` gives Konva what its documentation advises for static shapes (no listening), so that the ratio is fair to it.
 */
export function mountKonva(host: HTMLDivElement, boxes: readonly BenchBox[], tuned = false) {
  const stage = new Konva.Stage({ container: host, ...CANVAS });
  const layer = new Konva.Layer({ listening: !tuned });
  stage.add(layer);
  const nodes = boxes.map(
    ({ x, y, width, height, colour }) =>
      new Konva.Rect({
        x,
        y,
        width,
        height,
        fill: `${colour}26`,
        stroke: colour,
        strokeWidth: 1.5,
        strokeScaleEnabled: false,
        perfectDrawEnabled: false,
      }),
  );
  for (const node of nodes) layer.add(node);
  return {
    stage,
    layer,
    nodes,
    view({ scale, tx, ty }: { scale: number; tx: number; ty: number }) {
      stage.scale({ x: scale, y: scale });
      stage.position({ x: tx, y: ty });
    },
    unmount: () => stage.destroy(),
  };
}
