import { expect, test } from "vitest";
import { aDocument, anAnnotation, boxAt } from "./builders";
import type { ImageDocument } from "./model";
import { SceneShapes } from "./sceneShapes";
import { createEditorStore } from "./store";

test("an answer that changes no look leaves the scene as it is, so that nothing is painted anew", () => {
  const store = createEditorStore();
  const scenes = new SceneShapes();
  const look = (document: ImageDocument) => {
    store.setState({ shown: document });
    return scenes.shapes(store.getState());
  };
  const drawn = look(aDocument([anAnnotation("a", { geometry: boxAt(1) }), anAnnotation("b", { geometry: boxAt(2) })]));
  const acknowledged = aDocument([
    anAnnotation("a", { geometry: { ...boxAt(1) }, version: 7 }),
    anAnnotation("b", { geometry: boxAt(2) }),
  ]);
  expect(look(acknowledged)).toBe(drawn);
  const moved = look(aDocument([anAnnotation("a", { geometry: boxAt(3) }), anAnnotation("b", { geometry: boxAt(2) })]));
  expect(moved).not.toBe(drawn);
  expect(moved.map(({ geometry }) => geometry)).toEqual([boxAt(3), boxAt(2)]);
  store.setState({ locked: new Set(["b"]) });
  expect(scenes.shapes(store.getState()).map(({ locked }) => locked)).toEqual([false, true]);
  expect(look(aDocument()).length).toBe(0);
});
