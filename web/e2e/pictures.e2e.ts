import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { Backend, type Uploaded } from "./backend";
import { launch, type Person, person } from "./browser";
import { PicturesPage } from "./pages/pictures";
import { cells, pictures } from "./pictures";
import { type Server, startServer } from "./server";
import { eventually } from "./until";

const COUNT = 12;
const JOB_MS = 220_000;

let server: Server;
let browser: Browser;
let backend: Backend;
let who: Person;
let page: Page;

before(async () => {
  [server, browser] = await Promise.all([startServer(), launch()]);
  backend = new Backend(server.url);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

beforeEach(async () => {
  await who?.context.close();
  who = await person(browser);
  page = await who.newPage();
  page.setDefaultTimeout(30_000);
});

describe("a gallery", () => {
  let projectId: string;
  let categories: Record<string, string>;
  let images: Uploaded[];
  const open = () => PicturesPage.open(page, server.url, projectId);
  const named = (index: number) => (images[index] as Uploaded).file_name;
  const idOf = (index: number) => (images[index] as Uploaded).id;

  before(async () => {
    const project = await backend.project("Gallery", ["RBC", "WBC"]);
    [projectId, categories] = [project.id, project.categories];
    const [first] = await pictures(1);
    assert.ok(first);
    const copy = { name: "a-copy.png", bytes: cells(640, 480, 1) };
    const nearly = { name: "another-copy.png", bytes: cells(641, 481, 1) };
    images = await backend.upload(projectId, [...(await pictures(COUNT)), copy, nearly]);
    await backend.draw(idOf(0), categories.WBC as string, [{ type: "box", x: 50, y: 50, width: 90, height: 90 }]);
    await backend.draw(idOf(1), categories.RBC as string, [{ type: "box", x: 50, y: 50, width: 90, height: 90 }]);
    await backend.command(idOf(1), [{ type: "submit" }]);
  });

  test("filters by name, state and category narrow it, the shapes are on the thumbnails", async () => {
    const gallery = await open();
    await eventually(() => gallery.names().then((names) => names.length), images.length);
    assert.equal(await gallery.tile(named(0)).locator("svg rect").count(), 1);
    await gallery.search(named(2).slice(0, -4));
    await eventually(() => gallery.names(), [named(2)]);
    await gallery.search("");
    await gallery.choose("State", "Submitted");
    await eventually(() => gallery.names(), [named(1)]);
    await page.reload();
    await eventually(() => gallery.names(), [named(1)]);
    await gallery.clear("State");
    await gallery.choose("Category", "WBC");
    await eventually(() => gallery.names(), [named(0)]);
    await gallery.search("no such name");
    await page.getByText("No picture matches.").waitFor();
    await page.getByRole("button", { name: "Show all" }).click();
    await eventually(() => gallery.names().then((names) => names.length), images.length);
  });

  test("a range is picked with Shift, trashed at once, found in the trash and restored", async () => {
    const gallery = await open();
    await gallery.pick(named(3));
    await gallery.pick(named(5), "Shift");
    await page.getByText("3 selected").waitFor();
    await page.getByRole("button", { name: "Move to trash" }).click();
    await eventually(() => gallery.names().then((names) => names.length), images.length - 3);
    await gallery.choose("Where", "Trash");
    await eventually(() => gallery.names().then((names) => names.sort()), [named(3), named(4), named(5)].sort());
    await gallery.pick(named(3));
    await page.getByRole("button", { name: "Select all" }).click();
    await page.getByText("3 selected").waitFor();
    await page.getByRole("button", { name: "Restore" }).click();
    await eventually(() => gallery.names(), []);
    await eventually(async () => (await backend.images(projectId)).length, images.length);
  });

  test("by keyboard: arrows walk the grid, Enter opens the picture", async () => {
    const gallery = await open();
    await gallery.tile(named(0)).getByRole("link").focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.pathname.endsWith(idOf(2)));
  });

  test("somebody else's upload shows without a reload", async () => {
    const gallery = await open();
    await eventually(() => gallery.names().then((names) => names.length), images.length);
    const late = await backend.upload(projectId, [{ name: "late.png", bytes: cells(320, 240, 77) }]);
    images.push(...late);
    await eventually(() => gallery.names().then((names) => names.includes("late.png")), true);
  });

  test("embedded: the map, its loop around pictures, its colours; pictures like one; duplicates", async () => {
    const gallery = await open();
    await gallery.view("Map");
    await page.getByRole("button", { name: "Embed them" }).click();
    const map = page.getByRole("img", { name: `Map of ${images.length} pictures` });
    await map.waitFor({ timeout: JOB_MS });
    const box = await map.boundingBox();
    assert.ok(box);
    const corner = (u: number, v: number) => [box.x + u * box.width, box.y + v * box.height] as const;
    await page.mouse.move(...corner(0.01, 0.01));
    await page.mouse.down();
    for (const [u, v] of [
      [0.99, 0.01],
      [0.99, 0.99],
      [0.01, 0.99],
    ] as const)
      await page.mouse.move(...corner(u, v));
    await page.mouse.up();
    await page.getByText(`${images.length} pictures caught`).waitFor();
    await page.getByRole("button", { name: "Let go" }).click();
    await page.getByText("Category", { exact: true }).click();
    const colours = page.getByRole("list", { name: "Colours" });
    await colours.getByRole("button", { name: /^WBC/ }).click();
    await page.getByText("1 pictures caught").waitFor();
    await page.getByRole("button", { name: "Show them in the grid" }).click();
    await eventually(() => gallery.names(), [named(0)]);
    await page.getByRole("button", { name: "Back to all pictures" }).click();

    await gallery.tile("a-copy.png").getByRole("button", { name: "Find pictures like a-copy.png" }).click();
    await page.getByText(/pictures most like that picture/).waitFor();
    await eventually(() => gallery.names().then((names) => names.slice(0, 2).includes("another-copy.png")), true);
    await page.getByRole("button", { name: "Back to all pictures" }).click();

    await gallery.view("Duplicates");
    const pair = page.getByRole("region", { name: "2 pictures" });
    await pair.getByText("nearly the same").waitFor();
    await pair.getByRole("button", { name: "Keep the first, trash 1" }).click();
    await page.getByText("No two pictures show the same").waitFor();
    const left = (await backend.images(projectId)).map(({ file_name }) => file_name);
    assert.equal(left.filter((name) => name.endsWith("copy.png")).length, 1);
  });
});

describe("an upload", () => {
  test("goes on after a reload with what was not sent, and doubles nothing", async () => {
    const { id } = await backend.project("Resumed");
    const gallery = await PicturesPage.open(page, server.url, id);
    const files = Array.from({ length: 120 }, (_, seed) => ({
      name: `many-${seed}.png`,
      mimeType: "image/png",
      buffer: Buffer.from(unlike(seed)),
    }));
    // The first request of fifty passes, what comes after never reaches the server.
    let passed = 0;
    await page.route("**/images", (route) => {
      if (route.request().method() !== "POST" || ++passed === 1) return route.continue();
    });
    await gallery.upload(files);
    await page.getByText("50 of 120 files sent").waitFor();
    await page.unroute("**/images");
    await page.reload();
    await page.getByText("70 of 70 files sent").waitFor();
    await eventually(async () => (await backend.images(id, "limit=500")).length, 120);
  });

  test("knows what is there already, and says so", async () => {
    const { id } = await backend.project("Twice");
    const gallery = await PicturesPage.open(page, server.url, id);
    const file = { name: "one.png", mimeType: "image/png", buffer: Buffer.from(cells(64, 48, 5)) };
    await gallery.upload([file]);
    await page.getByText("1 of 1 files sent: 1 new").waitFor();
    await gallery.upload([file, { ...file, name: "two.png" }]);
    await page.getByText("2 of 2 files sent: 0 new, 2 known already").waitFor();
    assert.equal((await backend.images(id)).length, 1);
  });
});

test("3,000 pictures: only what is near the viewport is in the page, and the last one can be reached", async () => {
  const { id } = await backend.project("Thousands");
  const small = Array.from({ length: 3000 }, (_, seed) => ({ name: `${seed}.png`, bytes: unlike(seed) }));
  for (let from = 0; from < small.length; from += 500) await backend.upload(id, small.slice(from, from + 500));
  const gallery = await PicturesPage.open(page, server.url, id);
  await gallery.tile("0.png").waitFor();
  await page.getByRole("link", { name: "Annotate 0.png" }).focus();
  await page.keyboard.press("End");
  await gallery.tile("2999.png").waitFor();
  assert.ok((await gallery.names()).length < 200);
});

/** A small picture whose size alone tells it from every other seed. */
function unlike(seed: number): Uint8Array {
  return cells(24 + (seed % 60), 18 + Math.floor(seed / 60), seed);
}
