import { type PointerEvent, useEffect, useRef } from "react";
import { setViewport } from "../../annotate/viewActions";
import { Minimap } from "../../canvas/minimap";
import { centreOn, fitted } from "../../geometry/viewport";
import classes from "./annotate.module.css";
import { useBench, useEditor } from "./WorkplaceContext";

const WIDTH_PX = 168;

/** Shown while part of the picture is out of sight; press to go there. */
export function MinimapView() {
  const bench = useBench();
  const canvas = useRef<HTMLCanvasElement>(null);
  const map = useRef<Minimap | null>(null);
  const image = useEditor((state) => state.image);
  const zoomed = useEditor(
    (state) => state.image !== null && state.viewport.scale > fitted(state.image, state.canvas).scale * 1.15,
  );

  useEffect(() => {
    if (!canvas.current || !image || !zoomed) return;
    const preview = new Image();
    preview.src = `/api/images/${image.id}/thumbnail?size=256`;
    const minimap = new Minimap(canvas.current, image, preview);
    map.current = minimap;
    const draw = () =>
      minimap.schedule(() => {
        const state = bench.store.getState();
        return { viewport: state.viewport, scene: bench.shapes.scene(state), size: state.canvas };
      });
    preview.decode().then(draw, () => undefined);
    draw();
    const leave = bench.store.subscribe((state, before) => {
      if (state.viewport !== before.viewport || state.shown !== before.shown) draw();
    });
    return () => {
      leave();
      minimap.dispose();
    };
  }, [bench, image, zoomed]);

  if (!image || !zoomed) return null;
  const go = (event: PointerEvent<HTMLCanvasElement>) => {
    if (event.buttons === 0 || !map.current) return;
    const { left, top, width, height } = event.currentTarget.getBoundingClientRect();
    const point = map.current.pointAt((event.clientX - left) / width, (event.clientY - top) / height);
    const { canvas: size, viewport } = bench.store.getState();
    setViewport(bench.store, centreOn({ x: point.x, y: point.y, width: 0, height: 0 }, size, viewport.scale));
  };
  const height = Math.max(24, Math.round((WIDTH_PX * image.height) / image.width));
  return (
    <canvas
      ref={canvas}
      className={classes.minimap}
      width={WIDTH_PX}
      height={height}
      role="img"
      aria-label="Where the view is on the picture"
      data-testid="minimap"
      onPointerDown={go}
      onPointerMove={go}
    />
  );
}
