import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Locator, Page } from "playwright-core";
import type { Backend, Uploaded } from "./backend";
import { AnnotatePage } from "./pages/annotate";
import { pictures } from "./pictures";
import { Scene } from "./scene";
import { eventually } from "./until";

let scene: Scene;
let backend: Backend;
let page: Page;
let projectId: string;
let image: Uploaded;

before(async () => {
  scene = await Scene.open();
  ({ backend, page } = scene);
  const project = await backend.project("Classes", ["RBC", "WBC", "Platelets"]);
  projectId = project.id;
  [image] = (await backend.upload(projectId, await pictures(1))) as [Uploaded];
  for (const [place, name] of ["RBC", "WBC", "WBC"].entries())
    await backend.draw(image.id, project.categories[name] as string, [
      { type: "box", x: 40 + 100 * place, y: 60, width: 60, height: 60 },
    ]);
});

after(() => scene?.close());

const open = () => scene.goto(`/projects/${projectId}/categories`);
const row = (name: string): Locator =>
  page.getByRole("row").filter({ has: page.getByRole("textbox", { name: `Name of ${name}`, exact: true }) });
const count = (name: string) => row(name).getByRole("cell").nth(3).textContent();

async function into(name: string, target: string): Promise<void> {
  await row(name)
    .getByRole("combobox", { name: `Other category for ${name}` })
    .click();
  await page.getByRole("option", { name: target, exact: true }).click();
}

test("a new name and a key of its own stay with the project, and the key draws", async () => {
  await open();
  await page.getByRole("textbox", { name: "Name of RBC" }).fill("Red cell");
  await page.keyboard.press("Enter");
  await page.getByRole("textbox", { name: "Key of Red cell" }).fill("7");
  await page.keyboard.press("Tab");
  await eventually(async () => (await categories()).find(({ name }) => name === "Red cell")?.hotkey, "7");
  const annotate = await AnnotatePage.open(page, scene.server.url, projectId, image.id);
  await annotate.keys.press("2", "7", "Insert");
  await eventually(async () => (await annotate.list()).filter((words) => words.startsWith("Red cell")).length, 2);
  await annotate.keys.press("Control+z");
  await eventually(() => annotate.kind(), "saved");
  await eventually(async () => (await backend.boxes(image.id)).length, 3);
});

test("a merge counts one as the other; undone, everything is as before", async () => {
  await open();
  await into("WBC", "Platelets");
  await row("WBC").getByRole("button", { name: "Merge" }).click();
  await page.getByText("WBC: counts as Platelets").waitFor();
  await eventually(() => count("Platelets"), "2");
  await page
    .getByRole("region", { name: "Merged and removed categories" })
    .getByRole("button", { name: "Undo" })
    .click();
  await row("WBC").waitFor();
  await eventually(() => count("WBC"), "2");
  await eventually(() => count("Platelets"), "0");
});

test("one that is in use is removed only with a place for its annotations", async () => {
  await open();
  assert.ok(await row("WBC").getByRole("button", { name: "Remove" }).isDisabled());
  await into("WBC", "Red cell");
  await row("WBC").getByRole("button", { name: "Remove" }).click();
  await eventually(() => row("WBC").count(), 0);
  await eventually(() => count("Red cell"), "3");
  assert.deepEqual(scene.errors, []);
});

async function categories(): Promise<{ name: string; hotkey: string | null }[]> {
  const path = `/api/projects/${projectId}/categories`;
  return (await backend.send<{ items: { name: string; hotkey: string | null }[] }>("GET", path)).items;
}
