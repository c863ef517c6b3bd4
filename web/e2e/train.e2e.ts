import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { ProjectSettings } from "../src/api/types";
import { Scene } from "./scene";
import { eventually } from "./until";

let scene: Scene;
let projectId: string;

before(async () => {
  scene = await Scene.open();
  projectId = (await scene.backend.project("Habits", ["RBC"])).id;
});

after(() => scene?.close());

const settings = async () =>
  (await scene.backend.send<{ settings: ProjectSettings }>("GET", `/api/projects/${projectId}`)).settings;

test("what holds for every training is saved at once and stands there after a reload", async () => {
  const { page } = scene;
  const noUp = page.getByRole("switch", { name: "The pictures have no up" });
  const again = page.getByRole("switch", { name: "Train again by itself" });
  const shown = page.getByRole("combobox", { name: "They show" });
  const images = page.getByRole("textbox", { name: "after so many newly labelled pictures" });
  await scene.goto(`/projects/${projectId}/train`);
  await noUp.click();
  await eventually(async () => (await settings()).orientation, "any");
  await shown.click();
  await page.getByRole("option", { name: /Everyday things/ }).click();
  await eventually(async () => (await settings()).domain, "everyday");
  await again.click();
  await images.fill("25");
  await images.blur();
  await eventually(async () => (await settings()).retrain_after, 25);

  await page.reload();
  await images.waitFor();
  assert.equal(await images.inputValue(), "25");
  assert.equal(await noUp.isChecked(), true);
  assert.match(await shown.inputValue(), /Everyday things/);
  await again.click();
  await eventually(async () => (await settings()).retrain_after, 0);
  await images.waitFor({ state: "detached" });
});

test("without a run there are no proposals to learn from, and no training without labels", async () => {
  const { page } = scene;
  await scene.goto(`/projects/${projectId}/train`);
  assert.equal(await page.getByRole("combobox", { name: "Learn also from the proposals of" }).isDisabled(), true);
  await page.getByRole("button", { name: "Start training" }).click();
  await page
    .getByText(/training needs 5/)
    .last()
    .waitFor();
  assert.deepEqual(scene.errors, []);
});
