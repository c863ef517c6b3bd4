import "fake-indexeddb/auto";
import { Toolbox } from "../tools/toolbox";
import type { Bench } from "./bench";
import { openDatabase } from "./database";
import { Editor } from "./editor";
import { newId } from "./ids";
import type { Category, ImageDocument } from "./model";
import { Outbox } from "./outbox";
import { SceneShapes } from "./sceneShapes";
import { createEditorStore } from "./store";
import { toolContext } from "./toolContext";

export const CELL: Category = { id: "cell", name: "cell", color: "#1971c2" };
export const PLATELET: Category = { id: "platelet", name: "platelet", color: "#e8590c", hotkey: "w" };

/** A bench with `document` open on a 400 x 300 image, cut off from any server: what is done stays pending. */
export async function benchWith(document: ImageDocument): Promise<Bench> {
  const database = await openDatabase(newId());
  const outbox = await Outbox.open(database, { send: async () => ({ kind: "unreachable" }), firstRetry_ms: 60_000 });
  const store = createEditorStore();
  const editor = new Editor({ store, outbox, database, fetchDocument: async () => document, nameOf: () => "Ana" });
  const hands = {
    store,
    editor,
    outbox,
    shapes: new SceneShapes(),
    clipboard: [],
    pointer: () => null,
    surroundings: {
      go: () => {},
      openClassSearch: () => {},
      openShortcuts: () => {},
      openPalette: () => {},
      askRejectReason: () => {},
      focusNextPane: () => {},
      previousShapes: async () => [],
    },
  };
  const bench: Bench = { ...hands, toolbox: new Toolbox(toolContext(hands), "select") };
  store.setState({ categories: [CELL, PLATELET], categoryId: CELL.id, canvas: { width: 400, height: 300 } });
  const image = { id: newId(), project_id: "project", file_name: "a.jpg", width: 400, height: 300 };
  await editor.open({ ...image, state: document.state }, document);
  return bench;
}
