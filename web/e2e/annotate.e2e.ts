import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser } from "playwright-core";
import { geometryBounds } from "../src/geometry/geometry";
import { Backend, type Uploaded } from "./backend";
import { launch, type Person, person } from "./browser";
import { AnnotatePage } from "./pages/annotate";
import { pictures } from "./pictures";
import { propose } from "./proposals";
import { type Server, startServer } from "./server";
import { eventually } from "./until";

let server: Server;
let browser: Browser;
let backend: Backend;
let project: { id: string; categories: Record<string, string> };
let images: Uploaded[];
const people: Person[] = [];

before(async () => {
  [server, browser] = await Promise.all([startServer(), launch()]);
  backend = new Backend(server.url);
  project = await backend.project("Blood", ["RBC", "WBC", "Platelets"]);
  images = await backend.upload(project.id, await pictures(20));
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Every test has a picture of its own. */
let used = 0;
const nextImage = () => (images[used++] as Uploaded).id;

async function somebody(): Promise<Person> {
  const one = await person(browser);
  people.push(one);
  return one;
}

async function open(imageId: string, who?: Person): Promise<AnnotatePage> {
  return AnnotatePage.open(await (who ?? (await somebody())).newPage(), server.url, project.id, imageId);
}

/** What follows a box: taken back, taken back and done again, moved, deleted, or nothing. */
const AFTERWARDS = [["Control+z"], ["Control+z", "Control+Shift+z"], ["ArrowRight", "ArrowDown"], ["Delete"], []];

const names = (list: string[]) => list.map((line) => line.split(" ")[0]);

describe("drawing", () => {
  test("boxes by drag and by two clicks; class digits; move, undo, redo; all of it survives a reload", async () => {
    const image = nextImage();
    const page = await open(image);
    await page.drawBox(await page.place({ x: 100, y: 100 }), await page.place({ x: 160, y: 150 }));
    await page.keys.press("2");
    await page.pointer.click(await page.place({ x: 300, y: 200 }));
    await page.pointer.move(await page.place({ x: 380, y: 300 }));
    await page.pointer.click(await page.place({ x: 380, y: 300 }));
    await eventually(() => page.list().then(names), ["RBC", "WBC"]);
    await eventually(() => page.kind(), "saved");
    const [first, second] = await backend.boxes(image);
    assert.ok(
      first?.type === "box" && Math.abs(first.x - 100) < 1 && Math.abs(first.width - 60) < 2,
      JSON.stringify(first),
    );
    assert.ok(
      second?.type === "box" && Math.abs(second.y - 200) < 1 && Math.abs(second.height - 100) < 2,
      JSON.stringify(second),
    );

    await page.keys.press("v");
    await page.pointer.drag(await page.place({ x: 130, y: 125 }), await page.place({ x: 230, y: 125 }));
    const x = async () => Math.round(((await backend.boxes(image))[0] as { x: number }).x);
    await eventually(x, 200);
    await page.keys.press("Control+z");
    await eventually(x, 100);

    await page.reload();
    await page.keys.press("Control+Shift+z");
    await eventually(x, 200);
    await page.keys.press("Control+z", "Control+z", "Control+z");
    await eventually(() => page.count(), 0);
    await eventually(async () => (await backend.boxes(image)).length, 0);
    await page.keys.press("Control+y", "Control+y");
    await eventually(() => page.list().then(names), ["RBC", "WBC"]);
    await eventually(async () => (await backend.boxes(image)).length, 2);
  });

  test("everything by keyboard: draw, class, nudge, resize, cycle, copy, delete, mark empty, the sheet of keys", async () => {
    const image = nextImage();
    const page = await open(image);
    const box = async () =>
      (await backend.boxes(image))[0] as { x: number; y: number; width: number; height: number } | undefined;
    await page.keys.press("3", "Insert");
    await eventually(() => page.list().then(names), ["Platelets"]);
    await eventually(() => page.kind(), "saved");
    const drawn = await box();
    assert.ok(drawn);
    await page.keys.press("ArrowRight", "Shift+ArrowDown", "Control+ArrowRight", "1");
    const { x, y, width, height } = drawn;
    await eventually(box, { type: "box", x: x + 1, y: y + 10, width: width + 1, height } as never);
    await eventually(() => page.list().then(names), ["RBC"]);

    await page.keys.press("Control+d");
    await eventually(() => page.count(), 2);
    await page.keys.press("Tab", "Delete");
    await eventually(() => page.count(), 1);
    await page.keys.press("0");
    await eventually(() => page.notice.textContent(), "Not empty: it has 1 shapes.");
    await page.keys.press("Control+Backspace", "0");
    await eventually(() => page.reviewState(), "Submitted");
    await page.keys.press("0");
    await eventually(() => page.reviewState(), "In progress");

    await page.keys.press("?");
    await page.page.getByRole("dialog", { name: "Keys" }).waitFor();
    await page.page.getByRole("combobox", { name: "Keys as in" }).click();
    await page.page.getByRole("option", { name: "CVAT" }).click();
    await page.keys.press("Escape");
    await page.page.getByRole("dialog").waitFor({ state: "detached" });
    const before = await page.fileName();
    await page.canvas.focus();
    await page.keys.press("f");
    await page.page.waitForFunction(
      (name) => document.querySelector("[data-testid=file-name]")?.textContent !== name,
      before,
    );
  });

  test("class search gives the selection its class; F6 leaves the canvas", async () => {
    const page = await open(nextImage());
    await page.keys.press("Insert", "/");
    await page.keys.type("plate");
    await page.keys.press("Enter");
    await eventually(() => page.list().then(names), ["Platelets"]);
    await page.canvas.focus();
    await page.keys.press("F6");
    assert.equal(await page.canvas.evaluate((canvas) => canvas === document.activeElement), false);
  });

  test("wheel zooms at the pointer, Ctrl+0 fits, Ctrl+1 is 100 %, Space pans, ` peeks", async () => {
    const image = nextImage();
    await backend.draw(image, project.categories.RBC as string, [
      { type: "box", x: 100, y: 100, width: 50, height: 50 },
    ]);
    const page = await open(image);
    const at = await page.place({ x: 200, y: 150 });
    await page.pointer.wheel(at, -600);
    const [x, y] = await page.place({ x: 200, y: 150 });
    assert.ok(Math.hypot(x - at[0], y - at[1]) < 1.5, `the point under the pointer moved to ${x}, ${y} from ${at}`);
    await page.page.getByTestId("minimap").waitFor();
    await page.keys.hold(" ", async () => page.pointer.drag(at, [at[0] + 50, at[1] + 20]));
    const [panned] = await page.place({ x: 200, y: 150 });
    assert.ok(Math.abs(panned - at[0] - 50) < 1.5);
    await page.keys.press("Control+1");
    await eventually(() => page.page.getByTestId("zoom").textContent(), "100 %");
    await page.keys.press("Control+0");
    await page.page.getByTestId("minimap").waitFor({ state: "detached" });
  });
});

describe("nothing is lost", () => {
  test("the tab is killed in the middle of a gesture: what was finished is kept, what was not is not", async () => {
    const image = nextImage();
    const one = await somebody();
    const page = await open(image, one);
    for (let i = 0; i < 5; i++)
      await page.drawBox(await page.place({ x: 40 + 80 * i, y: 60 }), await page.place({ x: 100 + 80 * i, y: 120 }));
    await page.pointer.press(await page.place({ x: 100, y: 300 }));
    await page.pointer.move(await page.place({ x: 200, y: 400 }));
    await kill(page);
    const again = await open(image, one);
    await eventually(() => again.count(), 5);
    await eventually(async () => (await backend.boxes(image)).length, 5);
  });

  test("the tab is killed the moment after a gesture, before the server could hear of it", async () => {
    const image = nextImage();
    const one = await somebody();
    const page = await open(image, one);
    await page.page.route("**/commands", () => {});
    await page.drawBox(await page.place({ x: 100, y: 100 }), await page.place({ x: 200, y: 200 }));
    await kill(page);
    assert.equal((await backend.boxes(image)).length, 0);
    await open(image, one);
    await eventually(async () => (await backend.boxes(image)).length, 1);
  });

  test("a minute offline, drawing all along: the page says so, keeps everything, and sends it in order when it can", async () => {
    const image = nextImage();
    const one = await somebody();
    const page = await open(image, one);
    await one.context.setOffline(true);
    const end = Date.now() + 60_000;
    let [drawn, kept, gestures] = [0, 0, 0];
    while (Date.now() < end) {
      const [column, row] = [drawn % 10, Math.floor(drawn / 10) % 8];
      const corner = { x: 20 + 60 * column, y: 10 + 58 * row };
      await page.drawBox(await page.place(corner), await page.place({ x: corner.x + 40, y: corner.y + 36 }));
      drawn += 1;
      const then = AFTERWARDS[drawn % AFTERWARDS.length] as string[];
      if (then.some((key) => !key.startsWith("Control"))) {
        await page.keys.press("v");
        await page.pointer.click(await page.place({ x: corner.x + 20, y: corner.y + 18 }));
      }
      await page.keys.press(...then, "r");
      kept += then.length === 1 ? 0 : 1;
      gestures += 1 + then.length;
      await eventually(() => page.count(), kept);
      await eventually(() => page.saved(), `offline, ${gestures.toLocaleString("en")} kept here`);
      await page.page.waitForTimeout(250);
    }
    assert.deepEqual(await backend.history(image).then((events) => events.map(({ type }) => type)), [
      "image.registered",
    ]);
    await one.context.setOffline(false);
    await eventually(() => page.kind(), "saved", 60_000);
    const told = (await backend.history(image)).map(({ type }) => type);
    assert.equal(told.filter((type) => type === "annotation.drawn").length, drawn);
    assert.equal(told.length, 1 + gestures);
    const shown = (await page.list()).sort();
    const stored = (await backend.boxes(image)).map((geometry) => {
      const { x, y, width, height } = geometryBounds(geometry);
      return `RBC ${[width, height].map(Math.round).join("×")}, box at ${[x, y].map(Math.round).join(", ")}, human`;
    });
    assert.equal(stored.length, kept);
    assert.deepEqual(
      shown.filter((line) => !stored.includes(line)),
      [],
    );
    await page.reload();
    await eventually(() => page.count(), kept);
  });

  test("the API is killed while somebody works", async () => {
    const image = nextImage();
    const page = await open(image);
    await page.drawBox(await page.place({ x: 60, y: 60 }), await page.place({ x: 120, y: 120 }));
    const back = server.killApi();
    await page.drawBox(await page.place({ x: 160, y: 60 }), await page.place({ x: 220, y: 120 }));
    await page.drawBox(await page.place({ x: 260, y: 60 }), await page.place({ x: 320, y: 120 }));
    await back;
    await eventually(() => page.kind(), "saved", 30_000);
    assert.equal((await backend.boxes(image)).length, 3);
    assert.equal(await page.count(), 3);
  });
});

describe("others", () => {
  test("two browsers on one image see each other's edits at once", async () => {
    const image = nextImage();
    const [ana, ben] = [await open(image), await open(image)];
    await ben.page.getByTestId("presence").waitFor();
    await ana.drawBox(await ana.place({ x: 100, y: 100 }), await ana.place({ x: 200, y: 200 }));
    await eventually(() => ben.count(), 1);
    await ben.drawBox(await ben.place({ x: 300, y: 100 }), await ben.place({ x: 400, y: 200 }));
    await eventually(() => ana.count(), 2);
    await ana.keys.press("Control+z");
    await eventually(() => ben.list().then((list) => list.length), 1);
    assert.deepEqual(await ana.list(), await ben.list());
  });

  for (const keep of ["mine", "theirs"] as const) {
    test(`a real conflict shows both versions, and the person keeps ${keep}`, async () => {
      const image = nextImage();
      const [id] = await backend.draw(image, project.categories.RBC as string, [
        { type: "box", x: 100, y: 100, width: 100, height: 100 },
      ]);
      const one = await somebody();
      const page = await open(image, one);
      await one.context.setOffline(true);
      await page.keys.press("v");
      await page.pointer.drag(await page.place({ x: 150, y: 150 }), await page.place({ x: 250, y: 150 }));
      await eventually(() => page.kind(), "offline");
      await backend.command(image, [
        {
          type: "reshape_annotation",
          annotation_id: id,
          geometry: { type: "box", x: 100, y: 300, width: 100, height: 100 },
        },
      ]);
      await one.context.setOffline(false);
      const dialog = page.page.getByRole("dialog", { name: "Somebody else changed this shape meanwhile" });
      await dialog.waitFor();
      assert.equal(await dialog.getByRole("img").count(), 2);
      await dialog.getByRole("button", { name: `Keep ${keep}` }).click();
      await dialog.waitFor({ state: "detached" });
      const place = async () => {
        const [box] = await backend.boxes(image);
        return box?.type === "box" ? [Math.round(box.x), Math.round(box.y)] : null;
      };
      await eventually(place, keep === "mine" ? [200, 100] : [100, 300]);
      await eventually(() => page.kind(), "saved");
    });
  }

  test("a refused gesture is rolled back and says why", async () => {
    const image = nextImage();
    const extra = await backend.send<{ id: string }>("POST", `/api/projects/${project.id}/categories`, {
      name: "Passing",
    });
    const one = await somebody();
    const page = await open(image, one);
    await page.page.getByRole("radio", { name: "Passing" }).click();
    await one.context.setOffline(true);
    await page.drawBox(await page.place({ x: 100, y: 100 }), await page.place({ x: 200, y: 200 }));
    await eventually(() => page.count(), 1);
    await backend.send("DELETE", `/api/categories/${extra.id}`);
    await one.context.setOffline(false);
    await eventually(() => page.count(), 0);
    assert.match((await page.notice.textContent()) ?? "", /^Not saved \(draw a shape\)/);
    await eventually(() => page.kind(), "saved");
  });
});

describe("proposals", () => {
  const scene = async () => {
    const image = nextImage();
    const where = { projectId: project.id, imageId: image, categoryId: project.categories.RBC as string };
    await propose(server, where, [
      { x: 60, y: 60, confidence: 0.95 },
      { x: 160, y: 60, confidence: 0.52 },
      { x: 260, y: 60, confidence: 0.3 },
      { x: 360, y: 60, confidence: 0.8 },
      { x: 460, y: 60, confidence: 0.1 },
    ]);
    return image;
  };
  const open_ = async (image: string) =>
    (await backend.annotations(image)).predictions.map(({ confidence }) => confidence).sort();

  test("Tab walks them in order of doubt, Enter accepts, X rejects, undo brings them back", async () => {
    const image = await scene();
    const page = await open(image);
    await eventually(() => page.proposals.count(), 4);
    await page.keys.press("Tab");
    await eventually(() => page.chosenProposal(), "RBC 52 %, proposed");
    await page.keys.press("Enter");
    await eventually(() => page.chosenProposal(), "RBC 30 %, proposed");
    await page.keys.press("x");
    await eventually(() => open_(image), [0.1, 0.8, 0.95]);
    assert.deepEqual(
      (await backend.annotations(image)).annotations.map(({ source }) => source),
      ["model"],
    );
    await page.keys.press("Control+z", "Control+z");
    await eventually(() => open_(image), [0.1, 0.3, 0.52, 0.8, 0.95]);
    await eventually(() => page.count(), 0);
    await page.keys.press("Control+y");
    await eventually(() => open_(image), [0.1, 0.3, 0.8, 0.95]);
    await eventually(() => page.list().then((list) => list.map((line) => line.split(", ").at(-1))), ["model"]);
  });

  test("the slider says what Shift+Enter accepts; one undo takes all of it back", async () => {
    const image = await scene();
    const page = await open(image);
    await page.keys.press("'", "'", "'", "'", "'", "'");
    await eventually(() => page.proposals.count(), 2);
    await page.keys.press(";", "Shift+Enter");
    await eventually(() => open_(image), [0.1, 0.3]);
    await page.keys.press("Control+z");
    await eventually(async () => (await open_(image)).length, 5);
  });

  test("adjusting a proposal accepts it first, so that its history says where it came from", async () => {
    const image = await scene();
    const page = await open(image);
    await page.keys.press("v");
    await page.pointer.drag(await page.place({ x: 80, y: 80 }), await page.place({ x: 130, y: 120 }));
    await eventually(() => page.count(), 1);
    await eventually(() => page.kind(), "saved");
    const told = (await backend.history(image)).map(({ type }) => type);
    assert.deepEqual(told.slice(-2), ["prediction.accepted", "annotation.reshaped"]);
    await eventually(() => page.page.getByTestId("shape-history").getByRole("listitem").count(), 2);
  });
});

test("5,000 boxes: listed, selected, deleted and brought back", async () => {
  const image = nextImage();
  const grid = Array.from({ length: 5000 }, (_, i) => ({
    type: "box" as const,
    x: (i % 100) * 6.2,
    y: Math.floor(i / 100) * 9.4,
    width: 5,
    height: 8,
  }));
  await backend.draw(image, project.categories.RBC as string, grid);
  const page = await open(image);
  await eventually(() => page.count(), 5000);
  await page.keys.press("v");
  const middle = await page.place({ x: 6.2 * 40 + 2.5, y: 9.4 * 20 + 4 });
  await page.pointer.click(middle);
  await eventually(() => page.selected().then((list) => list.length), 1);
  await page.keys.press("Delete");
  await eventually(() => page.count(), 4999);
  await eventually(() => page.kind(), "saved");
  await page.keys.press("Control+z");
  await eventually(() => page.count(), 5000);
  await eventually(async () => (await backend.boxes(image)).length, 5000);
  // Only the surroundings of a change are painted: it must look as if all had been.
  await page.keys.press("Escape");
  const patched = await page.painted(middle);
  const distance = async () => farthest(patched, await page.painted(middle));
  await page.keys.hold("`", () => eventually(async () => (await distance()) > 50, true));
  // A clipped edge is rounded otherwise than a whole one, by one or two of 255 steps.
  await eventually(async () => (await distance()) < 4, true);
});

test("submit goes on to the next picture, and the page had no error in any test", async () => {
  const page = await open((images[0] as Uploaded).id);
  const before = await page.fileName();
  await page.keys.press("Control+Enter");
  await page.page.waitForFunction(
    (name) => document.querySelector("[data-testid=file-name]")?.textContent !== name,
    before,
  );
  await eventually(async () => (await backend.annotations((images[0] as Uploaded).id)).state, "submitted");
  assert.deepEqual(
    people.flatMap((each) => each.errors),
    [],
  );
});

/** By how much any channel of any pixel differs, 0 to 255. */
function farthest(a: readonly number[], b: readonly number[]): number {
  assert.equal(a.length, b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0);
}

/** As the kernel would: no unload handler runs, nothing is flushed. */
async function kill({ page }: AnnotatePage): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const gone = page.waitForEvent("crash");
  session.send("Page.crash").catch(() => undefined);
  await gone;
  await page.close();
}
