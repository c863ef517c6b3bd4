import { settle } from "../geometry/geometry";
import type { ToolContext } from "../tools/context";
import { type Hands, selectedShapes } from "./bench";
import { cut } from "./clipActions";
import { drawing, reshaping } from "./marks";
import { pan } from "./viewActions";

/** What the tools see of the open image, and how what they finish becomes a gesture. */
export function toolContext(bench: Hands): ToolContext {
  const now = () => bench.store.getState();
  return {
    image: () => now().image ?? { width: 0, height: 0 },
    shapes: () => bench.shapes.shapes(now()).filter((shape) => !shape.locked),
    selected: () => selectedShapes(bench),
    select(ids, mode = "replace") {
      const selection = new Set(mode === "toggle" ? now().selection : []);
      for (const id of ids) selection.has(id) ? selection.delete(id) : selection.add(id);
      bench.store.setState({ selection });
    },
    hover(id) {
      if (now().hovered !== id) bench.store.setState({ hovered: id });
    },
    draft: (draft) => bench.store.setState({ draft }),
    cursor(cursor) {
      if (now().cursor !== cursor) bench.store.setState({ cursor });
    },
    draw(geometry) {
      const { image, categoryId } = now();
      if (!image) return;
      if (!categoryId) {
        bench.editor.notify("This project has no class yet: add one on the Categories page.", "refusal");
        return;
      }
      const settled = settle(geometry, image);
      if (settled) bench.editor.commit({ ...drawing([{ category_id: categoryId, geometry: settled }]), select: [] });
    },
    reshape(changes) {
      const { image, shown } = now();
      if (!image || !shown) return;
      const settled = changes.flatMap(({ id, geometry }) => {
        const within = settle(geometry, image);
        return within ? [{ id, geometry: within }] : [];
      });
      bench.editor.commit(reshaping(shown, settled));
    },
    cut: (from, to) => void cut(bench, from, to),
    pan: (dx, dy) => pan(bench.store, dx, dy),
    editCategory(id) {
      bench.store.setState({ selection: new Set([id]) });
      bench.surroundings.openClassSearch();
    },
    pixels: (screen) => screen / now().viewport.scale,
  };
}
