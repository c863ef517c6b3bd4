import type { Locator, Page } from "playwright-core";
import type { ImagePoint } from "../../src/geometry/point";
import { type At, Keys, Pointer } from "../gestures";

/** The annotation page as a person sees it. */
export class AnnotatePage {
  readonly pointer: Pointer;
  readonly keys: Keys;
  readonly canvas: Locator;
  readonly shapes: Locator;
  readonly proposals: Locator;
  readonly saveState: Locator;
  readonly notice: Locator;

  constructor(readonly page: Page) {
    this.pointer = new Pointer(page);
    this.keys = new Keys(page);
    this.canvas = page.getByRole("application");
    this.shapes = page.getByRole("listbox", { name: "Shapes on this picture" }).getByRole("option");
    this.proposals = page.getByRole("listbox", { name: "Proposals, most doubtful first" }).getByRole("option");
    this.saveState = page.getByTestId("save-state");
    this.notice = page.getByTestId("notice");
  }

  static async open(page: Page, url: string, projectId: string, imageId: string): Promise<AnnotatePage> {
    const annotate = new AnnotatePage(page);
    await page.goto(`${url}/projects/${projectId}/annotate/${imageId}`);
    await annotate.ready();
    return annotate;
  }

  /** The picture is on the canvas and the tools take gestures. */
  async ready(): Promise<void> {
    await this.page.locator("[role=application] img").waitFor();
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.ready();
  }

  async fileName(): Promise<string> {
    return (await this.page.getByTestId("file-name").textContent()) ?? "";
  }

  async reviewState(): Promise<string> {
    return (await this.page.getByTestId("review-state").textContent()) ?? "";
  }

  async count(): Promise<number> {
    return Number((await this.page.getByTestId("shape-count").textContent())?.replaceAll(",", "") ?? Number.NaN);
  }

  /** The list beside the canvas in words, such as "RBC 40×30, box at 12, 34, human". */
  async list(): Promise<string[]> {
    return this.shapes.evaluateAll((options) => options.map((option) => option.getAttribute("aria-label") ?? ""));
  }

  async selected(): Promise<string[]> {
    const labels = this.shapes.and(this.page.locator("[aria-selected=true]"));
    return labels.evaluateAll((options) => options.map((option) => option.getAttribute("aria-label") ?? ""));
  }

  async chosenProposal(): Promise<string | null> {
    const chosen = this.proposals.and(this.page.locator("[aria-selected=true]"));
    return (await chosen.count()) === 1 ? chosen.getAttribute("aria-label") : null;
  }

  async saved(): Promise<string> {
    return (await this.saveState.textContent()) ?? "";
  }

  async kind(): Promise<string> {
    return (await this.saveState.getAttribute("data-kind")) ?? "";
  }

  /** Every channel of 80 by 80 pixels around a point, of the layer that the shapes are painted on. */
  async painted([x, y]: At): Promise<number[]> {
    const layer = this.canvas.locator("canvas").first();
    return layer.evaluate(
      (canvas: HTMLCanvasElement, [x, y]) => {
        const { left, top } = canvas.getBoundingClientRect();
        const around = canvas.getContext("2d")?.getImageData(x - left - 40, y - top - 40, 80, 80);
        return Array.from(around?.data ?? []);
      },
      [x, y] as const,
    );
  }

  /** A point given as parts of the canvas, 0 to 1 on both axes. */
  async spot(u: number, v: number): Promise<At> {
    const box = await this.canvas.boundingBox();
    if (!box) throw new Error("the canvas is not on the page");
    return [Math.round(box.x + u * box.width), Math.round(box.y + v * box.height)];
  }

  /** Where a point of the picture is on the page, whatever the zoom: read off the image element. */
  async place({ x, y }: Pick<ImagePoint, "x" | "y">): Promise<At> {
    const layer = this.page.locator("[role=application] > div").first();
    return layer.evaluate(
      (element, point): [number, number] => {
        const box = element.getBoundingClientRect();
        const scale = box.width / (element as HTMLElement).offsetWidth;
        return [box.left + point.x * scale, box.top + point.y * scale];
      },
      { x, y },
    );
  }

  async drawBox(from: At, to: At): Promise<void> {
    await this.pointer.drag(from, to);
  }
}
