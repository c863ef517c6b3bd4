import { makeBoxes, path } from "./boxes";
import { mountKonva } from "./konvaTwin";
import { mountOurs } from "./ours";
import { mountSvg } from "./svgTwin";

const host = document.getElementById("host") as HTMLDivElement;

/** Reading one pixel makes the browser finish the drawing, so that rasterising is in the time. */
function settle(canvas: HTMLCanvasElement | undefined): void {
  canvas?.getContext("2d")?.getImageData(0, 0, 1, 1);
}

const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));

async function timeFrames(
  views: ReturnType<typeof path>,
  draw: (view: (typeof views)[number]) => void,
): Promise<number[]> {
  const times: number[] = [];
  for (const view of views) {
    await frame();
    const start = performance.now();
    draw(view);
    times.push(performance.now() - start);
  }
  return times.slice(3);
}

async function ours(count: number, scale: number, frames: number) {
  const scene = await mountOurs(host, makeBoxes(count));
  const [, annotations, overlay] = [...host.children] as [Element, HTMLCanvasElement, HTMLCanvasElement];
  const times = await timeFrames(path(scale, frames), (viewport) => {
    scene.bench.store.setState({ viewport });
    scene.stage.paint();
    settle(annotations);
    settle(overlay);
  });
  scene.unmount();
  return times;
}

/** Whole frames once the viewport rests, with fills and labels, which the frames of a movement leave out. */
async function oursAtRest(count: number, scale: number, frames: number) {
  const scene = await mountOurs(host, makeBoxes(count));
  const annotations = host.children[1] as HTMLCanvasElement;
  const [viewport] = path(scale, 1);
  if (viewport) scene.bench.store.setState({ viewport });
  const times: number[] = [];
  for (let i = 0; i < frames; i++) {
    await new Promise((resolve) => setTimeout(resolve, i === 0 ? 400 : 20));
    const start = performance.now();
    scene.stage.repaintAnnotations();
    scene.stage.paint();
    settle(annotations);
    times.push(performance.now() - start);
  }
  scene.unmount();
  return times.slice(3);
}

async function konva(count: number, scale: number, frames: number, tuned: boolean) {
  const scene = mountKonva(host, makeBoxes(count), tuned);
  const canvas = host.querySelector("canvas") ?? undefined;
  const times = await timeFrames(path(scale, frames), (view) => {
    scene.view(view);
    scene.layer.draw();
    settle(canvas);
  });
  scene.unmount();
  return times;
}

/** An SVG's painting cannot be forced, so this is the time from one frame to the next. */
async function svg(count: number, scale: number, frames: number) {
  const scene = mountSvg(host, makeBoxes(count));
  const times: number[] = [];
  let before = await frame();
  for (const view of path(scale, frames)) {
    scene.view(view);
    const now = await frame();
    times.push(now - before);
    before = now;
  }
  scene.unmount();
  return times.slice(3);
}

interface DragTimes {
  /** From the hardware time of the pointer event to the finished paint, ms. */
  readonly fromEvent: number[];
  /** From the handler's start to the finished paint, ms. */
  readonly fromHandler: number[];
}

let drag: { times: DragTimes; stop: () => void } | null = null;

/** Time every pointer move until its paint; the driver moves the real pointer. Returns where to press. */
async function startDragOurs(count: number) {
  const scene = await mountOurs(host, makeBoxes(count));
  const viewport = { scale: 0.2, tx: 0, ty: 0 };
  scene.bench.store.setState({ viewport });
  await frame();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const [, annotations, overlay] = [...host.children] as [Element, HTMLCanvasElement, HTMLCanvasElement];
  const times: DragTimes = { fromEvent: [], fromHandler: [] };
  let seen: { event: number; handler: number } | null = null;
  host.addEventListener("pointermove", (event) => (seen ??= { event: event.timeStamp, handler: performance.now() }), {
    capture: true,
  });
  scene.stage.onPaint = (layers) => {
    if (!seen) return;
    if (layers.has("annotations")) settle(annotations);
    settle(overlay);
    const now = performance.now();
    times.fromEvent.push(now - seen.event);
    times.fromHandler.push(now - seen.handler);
    seen = null;
  };
  drag = { times, stop: () => scene.unmount() };
  const [shape] = scene.bench.shapes.shapes(scene.bench.store.getState());
  const bounds = shape?.bounds ?? { x: 0, y: 0, width: 0, height: 0 };
  const moved = () => scene.bench.store.getState().shown?.annotations.get(shape?.id ?? "")?.geometry;
  Object.assign(window, { movedShape: moved });
  return { x: (bounds.x + bounds.width / 2) * viewport.scale, y: (bounds.y + bounds.height / 2) * viewport.scale };
}

async function startDragKonva(count: number) {
  const scene = mountKonva(host, makeBoxes(count));
  scene.view({ scale: 0.2, tx: 0, ty: 0 });
  const [node] = scene.nodes;
  if (!node) throw new Error("no boxes");
  node.draggable(true);
  node.moveToTop();
  scene.layer.draw();
  const canvas = host.querySelector("canvas") ?? undefined;
  const times: DragTimes = { fromEvent: [], fromHandler: [] };
  let seen: { event: number; handler: number } | null = null;
  window.addEventListener("pointermove", (event) => (seen ??= { event: event.timeStamp, handler: performance.now() }), {
    capture: true,
  });
  scene.layer.on("draw", () => {
    if (!seen) return;
    settle(canvas);
    const now = performance.now();
    times.fromEvent.push(now - seen.event);
    times.fromHandler.push(now - seen.handler);
    seen = null;
  });
  drag = { times, stop: () => scene.unmount() };
  return { x: (node.x() + node.width() / 2) * 0.2, y: (node.y() + node.height() / 2) * 0.2 };
}

function endDrag(): DragTimes {
  const times = drag?.times ?? { fromEvent: [], fromHandler: [] };
  drag?.stop();
  drag = null;
  return times;
}

const harness = { ours, oursAtRest, konva, svg, startDragOurs, startDragKonva, endDrag };
export type Harness = typeof harness;
Object.assign(window, { harness });
