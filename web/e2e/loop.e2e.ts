import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { projectPages } from "./addresses";
import { Backend, type ListedImage } from "./backend";
import { launch, type Person, person } from "./browser";
import { type LabelledPicture, labelledPictures, type TrueBox } from "./groundTruth";
import { inspect } from "./inspection";
import { AnnotatePage } from "./pages/annotate";
import { type Server, startServer } from "./server";
import { settled } from "./settled";
import { eventually } from "./until";
import { weights } from "./weights";
import { unzip } from "./zip";

const PICTURES = 24;
const BUDGET = 10;
const DRAWN_BY_HAND = 2;
const CATEGORIES = ["RBC", "WBC", "Platelets"];
/** A training loads torch in a process of its own first; on a busy machine that alone is a minute. */
const JOB_MS = 220_000;
/** Pictures for people to look at come from a run that has learned something. */
const EPOCHS = process.env.SCREENSHOTS ? "24" : "4";

let server: Server;
let browser: Browser;
let backend: Backend;
let who: Person;
let page: Page;
let projectId: string;
let truth: Map<string, LabelledPicture>;
let dataset: Buffer;

before(async () => {
  [server, browser] = await Promise.all([startServer({ environment: weights }), launch()]);
  backend = new Backend(server.url);
  truth = new Map((await labelledPictures(PICTURES)).map((each) => [each.name, each]));
  who = await person(browser);
  page = await who.newPage();
  page.setDefaultTimeout(30_000);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const go = (name: string) =>
  page.getByRole("navigation", { name: "Project" }).getByRole("link", { name, exact: true }).click();
const heading = (name: string) => page.getByRole("heading", { level: 1, name });
const state = async (imageId: string) => (await backend.annotations(imageId)).state;
const boxesOf = ({ file_name }: { file_name: string }): readonly TrueBox[] => truth.get(file_name)?.boxes ?? [];

/** One step of the way: after one that failed the others have nothing to stand on, and say so at once. */
let whole = true;
function step(name: string, walk: () => Promise<void>): void {
  test(name, async () => {
    assert.ok(whole, "an earlier step failed");
    whole = false;
    await walk();
    whole = true;
  });
}

describe("from nothing to a dataset, as a person goes", () => {
  step("a first project and its categories", async () => {
    await inspect(browser, server.url, { "first-run": "/" }, { shown: true });
    await page.goto(server.url);
    await page.getByRole("img", { name: /^The loop: Pictures in/ }).waitFor();
    await page.getByRole("button", { name: "Make the first project" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("Blood cells");
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByText("Drop pictures, folders or a zip here to begin, or").waitFor();
    projectId = new URL(page.url()).pathname.split("/")[2] as string;
    await go("Categories");
    for (const name of CATEGORIES) {
      await page.getByRole("textbox", { name: "New category" }).fill(name);
      await page.getByRole("button", { name: "Add" }).click();
      await page.getByRole("textbox", { name: `Name of ${name}` }).waitFor();
    }
  });

  step("pictures in; what is no picture is refused with its reason", async () => {
    await go("Pictures");
    const files = [...truth.values()].map(({ name, bytes }) => ({
      name,
      mimeType: name.endsWith("png") ? "image/png" : "image/jpeg",
      buffer: Buffer.from(bytes),
    }));
    const broken = { name: "broken.jpg", mimeType: "image/jpeg", buffer: Buffer.from("not a picture") };
    await page.locator("input[type=file]:not([webkitdirectory])").setInputFiles([...files, broken]);
    await page.getByText(`${PICTURES + 1} of ${PICTURES + 1} files sent: ${PICTURES} new, 1 refused`).waitFor();
    await page.getByText(/^broken\.jpg: .+/).waitFor();
    await heading(`Pictures ${PICTURES}`).waitFor();
    assert.equal((await backend.images(projectId)).length, PICTURES);
  });

  step("the telling ones are chosen, each with a reason", async () => {
    await page.getByRole("button", { name: "Choose what to label" }).click();
    await page.getByRole("textbox", { name: "Pictures", exact: true }).fill(String(BUDGET));
    await page.getByRole("button", { name: `Choose ${BUDGET} pictures` }).click();
    await page.getByRole("link", { name: `Label ${BUDGET} pictures` }).click({ timeout: JOB_MS });
    const frames = page.getByRole("navigation", { name: "Suggested pictures" }).getByRole("button");
    await frames.first().waitFor();
    const said = await frames.evaluateAll((all) => all.map((each) => each.getAttribute("aria-label") ?? ""));
    assert.equal(said.length, BUDGET);
    for (const [index, words] of said.entries()) assert.match(words, new RegExp(`^Suggestion ${index + 1}: .{8,}`));
  });

  step("some are drawn by hand, each stroke is kept, submitting goes on to the next", async () => {
    const annotate = new AnnotatePage(page);
    await annotate.ready();
    for (let drawn = 0; drawn < DRAWN_BY_HAND; drawn++) {
      const imageId = new URL(page.url()).pathname.split("/").at(-1) as string;
      const image = (await backend.images(projectId)).find(({ id }) => id === imageId) as ListedImage;
      await eventually(() => annotate.fileName(), image.file_name);
      const boxes = [...boxesOf(image)].sort((a, b) => b.width * b.height - a.width * a.height);
      for (const { category, x, y, width, height } of boxes) {
        await annotate.keys.press(String(CATEGORIES.indexOf(category) + 1));
        await annotate.drawBox(await annotate.place({ x, y }), await annotate.place({ x: x + width, y: y + height }));
      }
      await eventually(() => annotate.count(), boxes.length);
      await annotate.keys.press("Control+Enter");
      await eventually(() => state(imageId), "submitted");
      const kept = (await backend.annotations(imageId)).annotations.map(({ geometry }) => geometry);
      assert.deepEqual(kept.map(rounded).sort(), boxes.map((box) => rounded({ type: "box", ...box })).sort());
      await page.waitForURL((url) => !url.pathname.endsWith(imageId));
    }
    const { items } = await backend.send<{ items: { images: { image_id: string }[] }[] }>(
      "GET",
      `/api/projects/${projectId}/query-batches`,
    );
    const listed = await backend.send<{ items: { id: string; name: string }[] }>(
      "GET",
      `/api/projects/${projectId}/categories`,
    );
    const ids = Object.fromEntries(listed.items.map(({ id, name }) => [name, id]));
    const images = await backend.images(projectId);
    for (const { image_id } of items[0]?.images ?? []) {
      const image = images.find(({ id }) => id === image_id) as ListedImage;
      if (image.state === "unlabelled" || image.state === "in_progress")
        await backend.label(image_id, boxesOf(image), ids);
    }
  });

  step("a training with live curves and figures", async () => {
    await go("Train");
    await page.getByRole("region", { name: "Ready to train" }).waitFor();
    await train(EPOCHS);
    await page.getByRole("img", { name: "Losses by epoch" }).waitFor();
    await page.getByText("mAP50-95", { exact: true }).first().waitFor();
    await page.getByRole("link", { name: "Weights" }).waitFor();
  });

  step("a preview, then proposals on all the others", async () => {
    await go("Auto-annotate");
    await page.getByRole("button", { name: "Preview" }).click();
    await page.getByText(/boxes would be accepted, .* left for review/).waitFor({ timeout: JOB_MS });
    await page.getByRole("button", { name: "Propose on all unfinished" }).click();
    const done = page.getByRole("region", { name: "So far" }).getByText("succeeded");
    await eventually(() => done.count(), 2, JOB_MS);
    const waiting = await backend.images(projectId, "state=unlabelled");
    assert.equal(waiting.length, PICTURES - BUDGET);
  });

  step("review by Enter and X", async () => {
    await go("Review");
    const entries = page.getByRole("list", { name: "Most worth a look" }).getByRole("button");
    await eventually(() => entries.count(), PICTURES - BUDGET);
    for (let left = PICTURES - BUDGET; left > PICTURES - BUDGET - 2; left--) {
      await page
        .getByRole("status")
        .filter({ hasText: / annotations/ })
        .waitFor();
      await page.keyboard.press("Enter");
      await eventually(() => entries.count(), left - 1);
    }
    assert.equal((await backend.images(projectId, "state=submitted")).length, BUDGET + 2);

    await page.getByRole("combobox", { name: "Queue" }).click();
    await page.getByRole("option", { name: "Waiting for approval" }).click();
    await page.getByRole("list", { name: "Waiting for approval" }).getByRole("button").first().waitFor();
    await page
      .getByRole("status")
      .filter({ hasText: / annotations/ })
      .waitFor();
    await page.keyboard.press("x");
    await page.getByRole("textbox", { name: "What is wrong" }).fill("Two cells are missing");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await eventually(async () => (await backend.images(projectId, "state=rejected")).length, 1);
    await page.keyboard.press("Enter");
    await eventually(async () => (await backend.images(projectId, "state=approved")).length, 1);
  });

  step("an export, downloaded: every finished picture with its labels", async () => {
    await go("Export & import");
    await page.getByRole("button", { name: "Export", exact: true }).click();
    const link = page.getByRole("link", { name: /^Download/ });
    await link.waitFor({ timeout: JOB_MS });
    const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
    dataset = await readFile(await download.path());
    const files = unzip(dataset);
    const finished = [...(await backend.images(projectId, "state=submitted&state=approved"))];
    const stems = (folder: string) =>
      [...files.keys()]
        .filter((name) => name.startsWith(`${folder}/`))
        .map((name) => name.split("/").at(-1)?.split(".")[0]);
    assert.equal(stems("images").length, finished.length);
    assert.deepEqual(stems("images").sort(), stems("labels").sort());
    const lines = [...files].filter(([name]) => name.startsWith("labels/")).flatMap(([, text]) => linesOf(text));
    assert.equal(
      lines.length,
      finished.reduce((sum, image) => sum + image.annotation_count, 0),
    );
    assert.match(String(files.get("data.yaml")), /RBC[\s\S]*WBC[\s\S]*Platelets/);
  });

  step("the dataset comes back in another project, after a trial that changes nothing", async () => {
    const other = await backend.project("Come back", [], "detect");
    await page.goto(`${server.url}/projects/${other.id}/data`);
    await page
      .getByRole("region", { name: "Import" })
      .locator("input[type=file]")
      .setInputFiles({ name: "dataset.zip", mimeType: "application/zip", buffer: dataset });
    await page.getByRole("button", { name: "Try without changing anything" }).click();
    await page.getByText("It would bring").waitFor({ timeout: JOB_MS });
    assert.equal((await backend.images(other.id)).length, 0);
    await page.getByRole("button", { name: "Import", exact: true }).click();
    await page.getByText("It brought").waitFor({ timeout: JOB_MS });
    const there = await backend.images(projectId, "state=submitted&state=approved");
    const here = await backend.images(other.id);
    const counts = (images: ListedImage[]) => images.map(({ annotation_count }) => annotation_count).sort();
    assert.deepEqual(counts(here), counts(there));
  });

  step("a second run, side by side with the first; the insights follow", async () => {
    await page.goto(`${server.url}/projects/${projectId}/train`);
    await train(EPOCHS);
    for (const box of await page.getByRole("checkbox", { name: /^Compare / }).all()) await box.check();
    await page.getByRole("link", { name: "Compare 2" }).click();
    await heading("Compare runs").waitFor();
    await page.getByRole("rowheader", { name: "mAP50-95", exact: true }).waitFor();
    await page.getByRole("img", { name: "box loss of each run by epoch" }).waitFor();
    await go("Insights");
    await page.getByRole("list", { name: "Boxes by what became of them" }).waitFor();
    await page.getByRole("img", { name: "mAP50-95 over labelled pictures" }).waitFor();
  });

  step("every page, full: axe finds nothing grave, the policy is obeyed", async () => {
    const [image] = await backend.images(projectId, "state=unlabelled");
    const runs = (await backend.send<{ items: { id: string }[] }>("GET", `/api/projects/${projectId}/training-runs`))
      .items;
    const pages = projectPages(
      projectId,
      image?.id ?? null,
      runs.map(({ id }) => id),
    );
    await inspect(browser, server.url, { projects: "/", ...pages }, { shown: true });
    assert.deepEqual(who.errors, []);
  });
});

async function train(epochs: string): Promise<void> {
  await page.getByRole("textbox", { name: "Epochs" }).fill(epochs);
  await page.getByRole("switch", { name: "Then propose boxes on all other pictures" }).uncheck({ force: true });
  await page.getByRole("button", { name: "More settings" }).click();
  await settled(page);
  await page.getByRole("combobox", { name: "Held-out check" }).click();
  await page.getByRole("option", { name: "One split" }).click();
  const before = await page.getByRole("checkbox", { name: /^Compare / }).count();
  await page.getByRole("button", { name: "Start training" }).click();
  // Only a run that has succeeded can be compared; an earlier one says "succeeded" all the while.
  await eventually(
    () => page.getByRole("checkbox", { name: /^Compare /, disabled: false }).count(),
    before + 1,
    JOB_MS,
  );
}

function rounded(geometry: unknown): string {
  const { x, y, width, height } = geometry as TrueBox;
  return [x, y, width, height].map((value) => Math.round(value / 4)).join(" ");
}

function linesOf(text: Buffer): string[] {
  return text.toString().split("\n").filter(Boolean);
}
