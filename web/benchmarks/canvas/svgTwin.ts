import { type BenchBox, CANVAS } from "./boxes";

const NS = "http://www.w3.org/2000/svg";

export function mountSvg(host: HTMLElement, boxes: readonly BenchBox[]) {
  const svg = document.createElementNS(NS, "svg");
  svg.setAttribute("width", String(CANVAS.width));
  svg.setAttribute("height", String(CANVAS.height));
  const group = document.createElementNS(NS, "g");
  for (const { x, y, width, height, colour } of boxes) {
    const rect = document.createElementNS(NS, "rect");
    const attributes = {
      x,
      y,
      width,
      height,
      fill: `${colour}26`,
      stroke: colour,
      "stroke-width": 1.5,
      "vector-effect": "non-scaling-stroke",
    };
    for (const [name, value] of Object.entries(attributes)) rect.setAttribute(name, String(value));
    group.append(rect);
  }
  svg.append(group);
  host.replaceChildren(svg);
  return {
    first: group.firstElementChild as SVGRectElement,
    view: ({ scale, tx, ty }: { scale: number; tx: number; ty: number }) =>
      group.setAttribute("transform", `translate(${tx} ${ty}) scale(${scale})`),
    unmount: () => svg.remove(),
  };
}
