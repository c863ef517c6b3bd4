import { useComputedColorScheme } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { type PointerEvent, useEffect, useMemo, useRef, useState } from "react";
import type { MapPoint } from "../../api/types";
import type { Shade } from "./coloring";
import { drawMap } from "./drawMap";
import { caught, type Point } from "./lasso";
import classes from "./map.module.css";
import { fitted, type MapView, nearest, toMap, zoomed } from "./mapView";

const REACH_PX = 10;
const ZOOM_PER_PX = 0.0015;
const HEIGHT_PX = 620;

interface Props {
  shades: readonly Shade[];
  caughtIds: ReadonlySet<string>;
  onCatch: (points: readonly MapPoint[]) => void;
  onOpen: (point: MapPoint) => void;
}

/** The map on a canvas of its own: drag draws a lasso, the wheel zooms, a drag with Shift or the middle button moves. */
export function MapCanvas({ shades, caughtIds, onCatch, onOpen }: Props) {
  const { ref, width } = useElementSize();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [view, setView] = useState<MapView | null>(null);
  const [lasso, setLasso] = useState<readonly Point[]>([]);
  const [hovered, setHovered] = useState<{ point: MapPoint; at: Point } | null>(null);
  const moving = useRef<Point | null>(null);
  const scheme = useComputedColorScheme("light");
  const points = useMemo(() => shades.flatMap((shade) => shade.points), [shades]);
  const shown = view ?? fitted(width, HEIGHT_PX);

  useEffect(() => {
    const element = canvas.current;
    if (!element || width === 0) return;
    const frame = requestAnimationFrame(() =>
      drawMap(element, { width, height: HEIGHT_PX, view: shown, shades, caughtIds, lasso, dark: scheme === "dark" }),
    );
    return () => cancelAnimationFrame(frame);
  });

  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    // React listens to the wheel passively; the page must not scroll under the map.
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      setView((old) => zoomed(old ?? fitted(width, HEIGHT_PX), placeOf(event), Math.exp(-event.deltaY * ZOOM_PER_PX)));
    };
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  }, [width]);

  const down = (event: PointerEvent<HTMLCanvasElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    setHovered(null);
    if (event.shiftKey || event.button === 1) moving.current = placeOf(event.nativeEvent);
    else if (event.button === 0) setLasso([toMap(shown, placeOf(event.nativeEvent))]);
  };
  const move = (event: PointerEvent<HTMLCanvasElement>) => {
    const at = placeOf(event.nativeEvent);
    const from = moving.current;
    if (from) {
      setView({ ...shown, x: shown.x + at.x - from.x, y: shown.y + at.y - from.y });
      moving.current = at;
    } else if (lasso.length > 0) setLasso((drawn) => [...drawn, toMap(shown, at)]);
    else {
      const point = nearest(points, shown, at, REACH_PX);
      setHovered(point ? { point, at } : null);
    }
  };
  const up = () => {
    if (!moving.current && lasso.length > 0) {
      const [first] = lasso;
      const point = lasso.length < 4 && first ? nearestAt(points, shown, first) : undefined;
      if (point) onOpen(point);
      else onCatch(caught(points, lasso));
    }
    moving.current = null;
    setLasso([]);
  };

  return (
    <div ref={ref} className={classes.frame}>
      <canvas
        ref={canvas}
        className={classes.canvas}
        style={{ width, height: HEIGHT_PX }}
        role="img"
        aria-label={`Map of ${points.length} pictures; the list beside it selects the same without a pointer`}
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={up}
        onPointerLeave={() => setHovered(null)}
        onDoubleClick={() => setView(null)}
      />
      {hovered && (
        <img
          className={classes.hover}
          style={{ left: Math.min(hovered.at.x + 14, width - 150), top: Math.min(hovered.at.y + 14, HEIGHT_PX - 150) }}
          src={`/api/images/${hovered.point.image_id}/thumbnail?size=128`}
          alt=""
        />
      )}
    </div>
  );
}

function placeOf(event: MouseEvent): Point {
  return { x: event.offsetX, y: event.offsetY };
}

function nearestAt(points: readonly MapPoint[], view: MapView, at: Point): MapPoint | undefined {
  return nearest(points, view, { x: at.x * view.scale + view.x, y: at.y * view.scale + view.y }, REACH_PX);
}
