import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { projectPages } from "./addresses";
import { graveFaults } from "./axe";
import { Backend, type Uploaded } from "./backend";
import { launch, type Person, person } from "./browser";
import { inspect } from "./inspection";
import { AnnotatePage } from "./pages/annotate";
import { pictures } from "./pictures";
import { propose } from "./proposals";
import { type Server, startServer } from "./server";
import { settled } from "./settled";

const THEMES = ["light", "dark"] as const;
const COUNT = 8;

let server: Server;
let browser: Browser;
const people = {} as Record<(typeof THEMES)[number], Person>;

before(async () => {
  [server, browser] = await Promise.all([startServer(), launch()]);
  for (const theme of THEMES) people[theme] = await person(browser, { colorScheme: theme, reducedMotion: "reduce" });
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const TABLET = { width: 820, height: 1180 };

test("the first page of an empty installation, and the dialog of the first project", async () => {
  await inspect(browser, server.url, { projects: "/" });
  const page = await people.dark.newPage();
  await page.goto(server.url);
  await page.getByRole("button", { name: "Make the first project" }).click();
  await page.getByRole("dialog", { name: "New project" }).waitFor();
  assert.deepEqual(await graveFaults(page), []);
});

test("every page of a project with nothing in it", async () => {
  const { id } = await new Backend(server.url).project("Empty");
  await inspect(browser, server.url, projectPages(id, null));
});

describe("a project at work", () => {
  let projectId: string;
  let images: Uploaded[];

  before(async () => {
    const backend = new Backend(server.url);
    const project = await backend.project("Blood", ["RBC", "WBC", "Platelets"]);
    projectId = project.id;
    images = await backend.upload(projectId, await pictures(COUNT));
    const categoryId = project.categories.RBC as string;
    for (const [index, image] of images.slice(0, 4).entries()) {
      await backend.draw(image.id, categoryId, [{ type: "box", x: 90, y: 90, width: 80, height: 70 }]);
      if (index < 2) await backend.command(image.id, [{ type: "submit" }]);
    }
    await propose(server, { projectId, imageId: (images[3] as Uploaded).id, categoryId }, [
      { x: 260, y: 60, confidence: 0.83 },
      { x: 360, y: 160, confidence: 0.41 },
    ]);
  });

  test("every page", () =>
    inspect(browser, server.url, {
      projects: "/",
      ...projectPages(projectId, images[3]?.id ?? null),
      nowhere: "/there/is/nothing",
    }));

  test("what opens over a page: keys, classes, menus, popovers, dialogs", async () => {
    const faults: string[] = [];
    for (const theme of THEMES) {
      const page = await people[theme].newPage();
      const look = async (what: string) => {
        await settled(page);
        faults.push(...(await graveFaults(page)).map((fault) => `${what}, ${theme}: ${fault}`));
      };
      const annotate = await AnnotatePage.open(page, server.url, projectId, images[3]?.id as string);
      await annotate.keys.press("?");
      await page.getByRole("dialog", { name: "Keys" }).waitFor();
      await look("keys");
      await annotate.keys.press("Escape");
      await annotate.keys.press("/");
      await page.getByRole("dialog").waitFor();
      await look("class search");
      await annotate.keys.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "hidden" });
      await page.mouse.click(...(await annotate.place({ x: 120, y: 120 })), { button: "right" });
      await page.getByRole("menu").waitFor();
      await look("context menu");
      await page.goto(`${server.url}${projectPages(projectId, null).pictures}`);
      for (const button of ["Choose what to label", "Jobs"]) {
        await page.getByRole("button", { name: button }).click();
        await page.getByRole("dialog", { name: button }).waitFor();
        await look(button);
        await page.keyboard.press("Escape");
      }
      await page.close();
    }
    assert.deepEqual(faults, []);
  });

  test("on a tablet nothing sticks out at the side, and every page can be reached", async () => {
    const { context, newPage } = await person(browser, { viewport: TABLET, hasTouch: true });
    const page = await newPage();
    for (const [name, address] of Object.entries(projectPages(projectId, images[0]?.id ?? null))) {
      await page.goto(server.url + address);
      await settled(page);
      assert.ok(await fits(page), `${name} is wider than ${TABLET.width} px`);
    }
    await context.close();
  });

  test("by keyboard alone: past the header, and from page to page", async () => {
    const page = await people.light.newPage();
    await page.goto(server.url + projectPages(projectId, null).train);
    await settled(page);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForURL(/#content$/);
    await page.getByRole("link", { name: "Review" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Review" }).waitFor();
    await page.close();
  });
});

async function fits(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);
}
