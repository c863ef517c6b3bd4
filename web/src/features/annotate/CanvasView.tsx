import { useEffect, useRef } from "react";
import { Keyboard } from "../../annotate/keyboard";
import { pickForMenu } from "../../annotate/shapeActions";
import { repaintOnChange, stageSource } from "../../annotate/stageSource";
import { fitImage, pan, zoomBy } from "../../annotate/viewActions";
import { Stage } from "../../canvas/stage";
import type { ScreenPoint } from "../../geometry/point";
import { PointerInput } from "../../tools/pointerInput";
import classes from "./annotate.module.css";
import { useEditor, useWorkplace } from "./WorkplaceContext";

/** The canvas. React mounts it once; from then on the stage reads the store by itself. */
export function CanvasView({ onMenu }: { onMenu: (at: ScreenPoint) => void }) {
  const { workplace, bindings } = useWorkplace();
  const host = useRef<HTMLDivElement>(null);
  const current = useRef({ bindings, onMenu });
  current.current = { bindings, onMenu };
  const cursor = useEditor((state) => state.cursor);
  const fileName = useEditor((state) => state.image?.file_name ?? "no picture");
  const count = useEditor((state) => state.shown?.annotations.size ?? 0);

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const { bench } = workplace;
    const stage = new Stage(element, stageSource(bench.store, bench.shapes), (canvas) => {
      const before = bench.store.getState().canvas;
      bench.store.setState({ canvas });
      if (before.width <= 1) fitImage(bench.store);
    });
    const keyboard = new Keyboard(bench, () => current.current.bindings, element);
    const input = new PointerInput(stage.overlayCanvas, bench.toolbox, {
      viewport: () => bench.store.getState().viewport,
      pan: (dx, dy) => pan(bench.store, dx, dy),
      zoom: (at, factor) => zoomBy(bench.store, factor, at),
      crosshair: (crosshairAt) => bench.store.setState({ crosshairAt }),
      menu: (at) => {
        pickForMenu(bench, at);
        current.current.onMenu(at);
      },
      panHeld: () => keyboard.panHeld,
    });
    bench.pointer = () => input.pointer;
    const stopPainting = repaintOnChange(bench.store, stage);
    workplace.attach(stage);
    // The ring is for those who come by keyboard, not for everybody who opens a picture.
    element.focus({ preventScroll: true, focusVisible: false } as FocusOptions);
    return () => {
      workplace.attach(null);
      stopPainting();
      input.dispose();
      keyboard.dispose();
      stage.dispose();
    };
  }, [workplace]);

  return (
    <div
      ref={host}
      className={classes.stage}
      style={{ cursor }}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a canvas application takes the keys that its description names
      tabIndex={0}
      role="application"
      aria-label={`Canvas: ${fileName}, ${count} shapes`}
      aria-description="Tab walks the shapes, F6 leaves the canvas, question mark lists all keys."
      data-pane
    />
  );
}
