import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Locator, Page } from "playwright-core";
import { Backend } from "./backend";
import { launch, type Person, person } from "./browser";
import { pictures } from "./pictures";
import { type Server, startServer } from "./server";
import { eventually } from "./until";

const JOB_MS = 220_000;

let server: Server;
let browser: Browser;
let backend: Backend;
let who: Person;
let page: Page;
let projectId: string;

before(async () => {
  [server, browser] = await Promise.all([startServer(), launch()]);
  backend = new Backend(server.url);
  projectId = (await backend.project("Jobs", ["RBC"])).id;
  const [lost] = await backend.upload(projectId, await pictures(4));
  const { digest } = await backend.send<{ digest: string }>("GET", `/api/images/${lost?.id}`);
  await rm(join(server.dataFolder, "blobs", "images", digest.slice(0, 2), digest));
  who = await person(browser);
  page = await who.newPage();
  page.setDefaultTimeout(30_000);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** The tray, as it opens from the header of any page. */
async function tray(): Promise<Locator> {
  await page.getByRole("button", { name: /^Jobs/ }).click();
  return page.getByRole("dialog", { name: "Jobs" });
}

test("a job that fails says its last words in the tray, live, and can be asked for again", async () => {
  await page.goto(`${server.url}/projects/${projectId}/categories`);
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
  await page.goto(`${server.url}/projects/${projectId}/insights`);
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
  assert.deepEqual(who.errors, []);
});
