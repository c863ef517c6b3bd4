import { union } from "../geometry/bounds";
import { clampMove, geometryBounds, settle, translate } from "../geometry/geometry";
import { hitTest } from "../geometry/hitTest";
import { imagePoint, type ScreenPoint, screenPoint } from "../geometry/point";
import { turnPolygon } from "../geometry/polygon";
import { toImage } from "../geometry/viewport";
import { type Bench, type Clipping, type Hands, selectedShapes, state } from "./bench";
import { drawing, recategorising, removing, reshaping } from "./marks";
import { categoryIdOf } from "./store";

/** The selected shapes that a gesture may change. */
export const movable = (bench: Hands) =>
  selectedShapes(bench).filter((shape) => !shape.locked && shape.geometry.type !== "mask");

/** Before a menu opens: what is under the pointer is what it is about, locked or not; a selection it belongs to stays. */
export function pickForMenu(bench: Bench, at: ScreenPoint): void {
  const { selection, viewport } = state(bench);
  const hits = hitTest(bench.shapes.shapes(state(bench)), toImage(viewport, at), 2 / viewport.scale);
  if (hits.some(({ id }) => selection.has(id))) return;
  const [top] = hits;
  bench.store.setState({ selection: new Set(top ? [top.id] : []) });
}

export function nudge(bench: Bench, dx: number, dy: number): void {
  const { image, shown } = state(bench);
  const shapes = movable(bench);
  if (!image || !shown || shapes.length === 0) return;
  const by = clampMove(union(shapes.map((shape) => shape.bounds)), dx, dy, image);
  if (by.dx === 0 && by.dy === 0) return;
  const moved = shapes.map(({ id, geometry }) => ({ id, geometry: translate(geometry, by.dx, by.dy) }));
  bench.editor.commit(reshaping(shown, moved, "nudge"));
}

/** Move the right and bottom sides by whole pixels. */
export function resizeBy(bench: Bench, dw: number, dh: number): void {
  const { image, shown } = state(bench);
  if (!image || !shown) return;
  const resized = movable(bench).flatMap(({ id, geometry }) => {
    if (geometry.type !== "box") return [];
    const wanted = settle({ ...geometry, width: geometry.width + dw, height: geometry.height + dh }, image);
    return wanted ? [{ id, geometry: wanted }] : [];
  });
  bench.editor.commit(reshaping(shown, resized, "resize"));
}

/** Turn the selected polygons about their own middles; what would leave the image is moved back in. */
export function turn(bench: Bench, degrees: number): void {
  const { image, shown } = state(bench);
  if (!image || !shown) return;
  const turned = movable(bench).flatMap(({ id, geometry }) => {
    if (geometry.type !== "polygon") return [];
    const raw = turnPolygon(geometry, degrees);
    const inside = clampMove(geometryBounds(raw), 0, 0, image);
    return [{ id, geometry: translate(raw, inside.dx, inside.dy) }];
  });
  if (turned.length === 0) bench.editor.notify("Boxes stay upright; polygons turn.");
  bench.editor.commit(reshaping(shown, turned, "turn"));
}

export function removeSelected(bench: Bench): void {
  const { shown, locked, selection } = state(bench);
  const free = [...selection].filter((id) => !locked.has(id));
  if (shown && free.length > 0) bench.editor.commit(removing(shown, free));
  else if (selection.size > 0) bench.editor.notify("Locked shapes are not deleted; L unlocks them.");
}

export function removeAll(bench: Bench): void {
  const { shown, locked } = state(bench);
  if (!shown) return;
  const change = removing(
    shown,
    [...shown.annotations.keys()].filter((id) => !locked.has(id)),
  );
  if (bench.editor.commit(change)) bench.editor.notify(`Deleted ${change.do.length} shapes. Ctrl+Z brings them back.`);
}

export function copySelected(bench: Bench): void {
  const clipped = selectedShapes(bench).flatMap(({ id, geometry }): Clipping[] => {
    const category_id = categoryIdOf(state(bench), id);
    return category_id ? [{ category_id, geometry }] : [];
  });
  if (clipped.length === 0) return;
  bench.clipboard = clipped;
  bench.editor.notify(`Copied ${clipped.length} ${clipped.length === 1 ? "shape" : "shapes"}`);
}

/** Paste with the copied shapes' centre under the pointer, or in place when the pointer is not over the image. */
export function paste(bench: Bench): void {
  const { viewport } = state(bench);
  const pointer = bench.pointer();
  const bounds = union(bench.clipboard.map(({ geometry }) => geometryBounds(geometry)));
  const target = pointer
    ? toImage(viewport, pointer)
    : imagePoint(bounds.x + bounds.width / 2, bounds.y + bounds.height / 2);
  place(
    bench,
    bench.clipboard,
    target.x - bounds.x - bounds.width / 2,
    target.y - bounds.y - bounds.height / 2,
    "paste",
  );
}

export function duplicate(bench: Bench): void {
  const kept = bench.clipboard;
  copySelected(bench);
  if (selectedShapes(bench).length > 0) place(bench, bench.clipboard, 10, 10, "duplicate");
  bench.clipboard = kept;
}

export async function pasteFromPrevious(bench: Bench): Promise<void> {
  const shapes = await bench.surroundings.previousShapes();
  if (shapes.length === 0) bench.editor.notify("The previous image has no shapes.");
  place(bench, shapes, 0, 0, "copy");
}

function place(bench: Bench, clipped: readonly Clipping[], dx: number, dy: number, label: string): void {
  const { image } = state(bench);
  if (!image || clipped.length === 0) return;
  const by = clampMove(union(clipped.map(({ geometry }) => geometryBounds(geometry))), dx, dy, image);
  const placed = clipped.flatMap(({ category_id, geometry }) => {
    const settled = settle(translate(geometry, by.dx, by.dy), image);
    return settled ? [{ category_id, geometry: settled }] : [];
  });
  bench.editor.commit(drawing(placed, label));
}

/** A box in the middle of what is shown, to be moved and sized by keys: drawing without a pointer. */
export function drawAtCentre(bench: Bench): void {
  const { image, canvas, viewport, categoryId } = state(bench);
  if (!image || !categoryId) return;
  const centre = toImage(viewport, screenPoint(canvas.width / 2, canvas.height / 2));
  const side = Math.min(canvas.width, canvas.height) / viewport.scale / 5;
  const geometry = settle(
    { type: "box", x: centre.x - side / 2, y: centre.y - side / 2, width: side, height: side },
    image,
  );
  if (geometry) bench.editor.commit(drawing([{ category_id: categoryId, geometry }]));
}

/** Arm a class for what is drawn next; what is selected takes it on. */
export function chooseCategory(bench: Bench, categoryId: string): void {
  const { shown, selection, locked } = state(bench);
  bench.store.setState({ categoryId });
  const free = [...selection].filter((id) => !locked.has(id));
  if (shown && free.length > 0) bench.editor.commit(recategorising(shown, free, categoryId));
}

export function chooseCategoryAt(bench: Bench, number: number): void {
  const { categories } = state(bench);
  const byHotkey = categories.find((category) => category.hotkey === String(number));
  const category = byHotkey ?? categories[number - 1];
  if (category) chooseCategory(bench, category.id);
}

/** Turn membership of the selected shapes in `set` on, or off when all have it. */
export function toggleSelected(bench: Bench, set: "hidden" | "locked"): void {
  const now = state(bench);
  const ids = [...now.selection].filter((id) => now.shown?.annotations.has(id));
  const all = ids.every((id) => now[set].has(id));
  const next = new Set(now[set]);
  for (const id of ids) all ? next.delete(id) : next.add(id);
  bench.store.setState(set === "hidden" ? { hidden: next, selection: new Set() } : { locked: next });
}

export function toggleAll(bench: Bench, set: "hidden" | "locked"): void {
  const now = state(bench);
  const next = new Set(now[set].size > 0 ? [] : (now.shown?.annotations.keys() ?? []));
  bench.store.setState(set === "hidden" ? { hidden: next } : { locked: next });
}
