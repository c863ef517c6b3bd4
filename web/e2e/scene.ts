import type { Browser, Page } from "playwright-core";
import { Backend } from "./backend";
import { launch, person } from "./browser";
import { type Server, startServer } from "./server";

/** One platform and one person before one page of it. */
export class Scene {
  private constructor(
    readonly server: Server,
    private readonly browser: Browser,
    readonly backend: Backend,
    readonly page: Page,
    /** What went wrong in the page without anybody catching it. */
    readonly errors: readonly string[],
  ) {}

  static async open(): Promise<Scene> {
    const [server, browser] = await Promise.all([startServer(), launch()]);
    const page = await (await person(browser)).newPage();
    page.setDefaultTimeout(30_000);
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    return new Scene(server, browser, new Backend(server.url), page, errors);
  }

  goto(path: string): Promise<unknown> {
    return this.page.goto(`${this.server.url}${path}`);
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
  }
}
