import type { Bench } from "../../src/annotate/bench";
import { openDatabase } from "../../src/annotate/database";
import { Editor } from "../../src/annotate/editor";
import { Outbox } from "../../src/annotate/outbox";
import { SceneShapes } from "../../src/annotate/sceneShapes";
import { repaintOnChange, stageSource } from "../../src/annotate/stageSource";
import { createEditorStore } from "../../src/annotate/store";
import { toolContext } from "../../src/annotate/toolContext";
import { Stage } from "../../src/canvas/stage";
import { PointerInput } from "../../src/tools/pointerInput";
import { Toolbox } from "../../src/tools/toolbox";
import { type BenchBox, IMAGE } from "./boxes";

/** The product's own store, tools and stage over the benchmark's scene, with a server that never answers. */
export async function mountOurs(host: HTMLElement, boxes: readonly BenchBox[]) {
  const colours = [...new Set(boxes.map((box) => box.colour))];
  const store = createEditorStore();
  const database = await openDatabase(`benchmark-${Math.random()}`);
  const outbox = await Outbox.open(database, { send: () => new Promise(() => {}) });
  const document = {
    version: 1,
    position: 1,
    state: "in_progress" as const,
    predictions: new Map(),
    annotations: new Map(
      boxes.map(({ id, colour, ...box }) => [
        id,
        {
          id,
          category_id: colour,
          geometry: { type: "box" as const, x: box.x, y: box.y, width: box.width, height: box.height },
          source: "human",
          created_by: null,
          version: 1,
        },
      ]),
    ),
  };
  const editor = new Editor({ store, outbox, database, fetchDocument: async () => document, nameOf: () => "" });
  const surroundings = {
    go() {},
    openClassSearch() {},
    openShortcuts() {},
    openPalette() {},
    askRejectReason() {},
    focusNextPane() {},
    previousShapes: async () => [],
  };
  const hands = { store, editor, outbox, surroundings, shapes: new SceneShapes(), clipboard: [], pointer: () => null };
  const toolbox = new Toolbox(toolContext(hands), "select");
  const bench: Bench = { ...hands, toolbox };
  store.setState({
    tool: "select",
    categories: colours.map((color) => ({ id: color, name: "cell", color })),
    categoryId: colours[0] ?? null,
  });
  await editor.open({ id: "image", project_id: "p", file_name: "scene", ...IMAGE, state: "in_progress" }, document);
  const stage = new Stage(host, stageSource(store, bench.shapes), (canvas) => store.setState({ canvas }));
  const input = new PointerInput(stage.overlayCanvas, toolbox, {
    viewport: () => store.getState().viewport,
    pan: () => {},
    zoom: () => {},
    crosshair: (crosshairAt) => store.setState({ crosshairAt }),
    menu: () => {},
    panHeld: () => false,
  });
  const stop = repaintOnChange(store, stage);
  return {
    bench,
    stage,
    unmount() {
      stop();
      input.dispose();
      stage.dispose();
      outbox.close();
    },
  };
}
