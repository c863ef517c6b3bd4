import type { Locator, Page } from "playwright-core";

interface ChosenFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

/** The gallery as a person sees it. */
export class PicturesPage {
  constructor(readonly page: Page) {}

  static async open(page: Page, url: string, projectId: string): Promise<PicturesPage> {
    await page.goto(`${url}/projects/${projectId}/pictures`);
    await page.getByRole("heading", { level: 1, name: /^Pictures \d/ }).waitFor();
    return new PicturesPage(page);
  }

  tile(name: string): Locator {
    return this.page
      .getByRole("figure")
      .filter({ has: this.page.getByRole("link", { name: `Annotate ${name}`, exact: true }) });
  }

  /** File names in the page, in their order. */
  async names(): Promise<string[]> {
    const links = this.page.getByRole("region", { name: "Pictures", exact: true }).getByRole("link");
    return links.evaluateAll((all) =>
      all.map((link) => link.getAttribute("aria-label")?.replace("Annotate ", "") ?? ""),
    );
  }

  async pick(name: string, ...modifiers: "Shift"[]): Promise<void> {
    await this.page.getByRole("button", { name: `Select ${name}`, exact: true }).click({ modifiers });
  }

  async search(name: string): Promise<void> {
    await this.page.getByRole("textbox", { name: "Name", exact: true }).fill(name);
  }

  /** Pick `option` in the select that is called `label`. */
  async choose(label: string, option: string): Promise<void> {
    await this.page.getByRole("combobox", { name: label, exact: true }).click();
    await this.page.getByRole("option", { name: option, exact: true }).click();
    await this.page.keyboard.press("Escape");
  }

  async clear(label: string): Promise<void> {
    await this.page.getByRole("combobox", { name: label, exact: true }).focus();
    await this.page.keyboard.press("Backspace");
  }

  async view(name: "Grid" | "Map" | "Duplicates"): Promise<void> {
    await this.page.getByRole("radiogroup", { name: "View" }).getByText(name, { exact: true }).click();
  }

  async upload(files: readonly ChosenFile[]): Promise<void> {
    await this.page.locator("input[type=file]:not([webkitdirectory])").setInputFiles([...files]);
  }
}
