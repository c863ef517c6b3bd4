import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Locator, Page } from "playwright-core";
import type { Backend } from "./backend";
import { pictures } from "./pictures";
import { Scene } from "./scene";
import { eventually } from "./until";

const JOB_MS = 220_000;

let scene: Scene;
let backend: Backend;
let page: Page;
let projectId: string;

before(async () => {
  scene = await Scene.open();
  ({ backend, page } = scene);
  projectId = (await backend.project("Jobs", ["RBC"])).id;
  const [lost] = await backend.upload(projectId, await pictures(4));
  const { digest } = await backend.send<{ digest: string }>("GET", `/api/images/${lost?.id}`);
  await rm(join(scene.server.dataFolder, "blobs", "images", digest.slice(0, 2), digest));
});

after(() => scene?.close());

/** The tray, as it opens from the header of any page. */
async function tray(): Promise<Locator> {
  await page.getByRole("button", { name: /^Jobs/ }).click();
  return page.getByRole("dialog", { name: "Jobs" });
}

test("a job that fails says its last words in the tray, live, and can be asked for again", async () => {
  await scene.goto(`/projects/${projectId}/categories`);
  const shown = await tray();
  await shown.getByText("Nothing has run yet.").waitFor();
  // One picture's file is gone from the disk, so an export with pictures cannot be written.
  await backend.send("POST", `/api/projects/${projectId}/exports`, {
    format: "coco",
    include_images: true,
    states: ["unlabelled"],
  });
  const job = shown.getByRole("listitem").filter({ hasText: "Export" });
  await job.getByText("failed").waitFor({ timeout: JOB_MS });
  const words = (await backend.jobs(projectId))[0]?.error ?? "";
  assert.ok(words.length > 10, words);
  await job.getByText(words).waitFor();
  await job.getByRole("button", { name: "Retry" }).click();
  await eventually(async () => (await backend.jobs(projectId)).length, 1);
  await job.getByText("failed").waitFor({ timeout: JOB_MS });
});

test("a job is cancelled from the tray, asked for again from the page of jobs, and succeeds", async () => {
  await backend.send("POST", `/api/projects/${projectId}/embeddings`);
  await scene.goto(`/projects/${projectId}/insights`);
  const shown = await tray();
  const job = shown.getByRole("listitem").filter({ hasText: "Embedding" });
  await job.getByRole("button", { name: "Cancel" }).click();
  await job.getByText("cancelled").waitFor({ timeout: JOB_MS });
  await page.keyboard.press("Escape");
  await page.getByRole("navigation", { name: "Project" }).getByRole("link", { name: "Jobs" }).click();
  const card = page.getByRole("article", { name: /^Embedding/ });
  await card.getByRole("button", { name: "Retry" }).click();
  await card.getByText("succeeded").waitFor({ timeout: JOB_MS });
  await card.getByText("Log and settings").click();
  await page.getByText("Failed", { exact: true }).click();
  await page.getByRole("article", { name: /^Export/ }).waitFor();
  assert.equal(await card.count(), 0);
  assert.deepEqual(scene.errors, []);
});
