import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { Browser } from "playwright-core";
import { Backend } from "../../e2e/backend";
import { type Person, person } from "../../e2e/browser";
import { AnnotatePage } from "../../e2e/pages/annotate";
import { cells } from "../../e2e/pictures";
import type { Server } from "../../e2e/server";
import { eventually } from "../../e2e/until";
import type { Row } from "./table";

const SHAPES_KEPT = 10;

type Shapes = Record<string, string>;

/** What each kind of gesture leaves in the log. */
type Made = { drawn: number; reshaped: number; deleted: number };

/** mulberry32: the same seed is the same script. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Scripted edits while the tab, the network and the API are killed at random. A gesture counts as made once the page
 * shows it and its save state has passed "keeping"; in the end the server must hold exactly what the page showed, and
 * its log one event per gesture made.
 */
export class Losses {
  private readonly random: () => number;
  private readonly made: Made = { drawn: 0, reshaped: 0, deleted: 0 };
  private readonly kills = { tab_idle: 0, tab_mid_gesture: 0, network: 0, api: 0 };
  private readonly backend: Backend;
  private shown: Shapes = {};
  private apiBack: Promise<void> = Promise.resolve();
  private someone!: Person;
  private page!: AnnotatePage;
  private place!: { projectId: string; imageId: string };
  private offlineFor = 0;

  constructor(
    private readonly server: Server,
    private readonly browser: Browser,
    seed: number,
  ) {
    this.random = randomFrom(seed);
    this.backend = new Backend(server.url);
  }

  /** Until so many edits are made, or time is up: then the row says how many there were. */
  async run(edits: number, minutes: number): Promise<Row> {
    const project = await this.backend.project("Kills", ["cell"]);
    const [image] = await this.backend.upload(project.id, [{ name: "kills.png", bytes: cells(640, 480, 77) }]);
    assert.ok(image);
    this.place = { projectId: project.id, imageId: image.id };
    this.someone = await person(this.browser, { viewport: { width: 1280, height: 1100 } });
    await this.open();
    let wrong = 0;
    const end = Date.now() + 60_000 * minutes;
    for (let i = 0; i < edits && Date.now() < end; i++) {
      await this.gesture();
      await this.accident();
      if (this.offlineFor > 0 && --this.offlineFor === 0) await this.someone.context.setOffline(false);
      // A shape that vanished or came twice shows at once; counted, then taken as it is, so that one loss counts once.
      const now = await this.look();
      if (!isDeepStrictEqual(now, this.shown)) wrong += 1;
      this.shown = now;
      if (i % 50 === 49) console.error(`${i + 1} edits, ${wrong} lost or doubled so far`);
    }
    await this.someone.context.setOffline(false);
    await this.apiBack;
    await eventually(() => this.page.kind(), "saved", 60_000);
    const differences = await this.differences(image.id);
    const lost = wrong + differences.length;
    const total = this.made.drawn + this.made.reshaped + this.made.deleted;
    const kills = Object.entries(this.kills).map(([kind, count]) => `${count} ${kind}`);
    await this.someone.context.close();
    return {
      figure: `gestures lost or doubled over ${total.toLocaleString("en")} edits with kills`,
      measured: `${lost} (kills: ${kills.join(", ").replaceAll("_", " ")})`,
      target: "0 over 1,000",
      reached: total >= 1000 ? lost === 0 : null,
      detail: {
        lost_or_doubled: lost,
        at_once: wrong,
        at_the_end: differences,
        edits: total,
        ...this.made,
        kills: this.kills,
      },
    };
  }

  private async open(): Promise<void> {
    // A killed API cannot serve the page; the person waits, the gestures do not.
    await this.apiBack;
    this.page = await AnnotatePage.open(
      await this.someone.newPage(),
      this.server.url,
      this.place.projectId,
      this.place.imageId,
    );
    await eventually(() => this.look(), this.shown, 30_000);
  }

  /** Shapes by id as the list beside the canvas tells them, without whether they are saved yet. */
  private look(): Promise<Shapes> {
    return this.page.shapes.evaluateAll((options) =>
      Object.fromEntries(
        options.map((option) => [
          option.getAttribute("data-id") ?? "",
          (option.getAttribute("aria-label") ?? "").replace(", not saved yet", ""),
        ]),
      ),
    );
  }

  private async gesture(): Promise<void> {
    const ids = Object.keys(this.shown);
    const roll = this.random();
    const id = ids[Math.floor(this.random() * ids.length)];
    if (id && (ids.length >= SHAPES_KEPT || roll < 0.25)) await this.remove(id);
    else if (id && roll < 0.5) await this.nudge(id);
    else await this.draw();
  }

  private async draw(): Promise<void> {
    await this.page.canvas.focus();
    await this.page.keys.press("r");
    const from = { x: 10 + 500 * this.random(), y: 10 + 380 * this.random() };
    const to = { x: from.x + 15 + 90 * this.random(), y: from.y + 15 + 60 * this.random() };
    await this.page.drawBox(await this.page.place(from), await this.page.place(to));
    await this.settled((now) => Object.keys(now).length === Object.keys(this.shown).length + 1);
    this.made.drawn += 1;
  }

  private async nudge(id: string): Promise<void> {
    await this.choose(id);
    const before = this.shown[id];
    // Towards the middle, so that the rim never stops it.
    const x = Number(before?.match(/ at (\d+),/)?.[1]);
    await this.page.keys.press(x > 300 ? "ArrowLeft" : "ArrowRight");
    await this.settled((now) => now[id] !== before);
    this.made.reshaped += 1;
  }

  private async remove(id: string): Promise<void> {
    await this.choose(id);
    await this.page.keys.press("Delete");
    await this.settled((now) => !(id in now));
    this.made.deleted += 1;
  }

  private async choose(id: string): Promise<void> {
    await this.page.page.locator(`[role=option][data-id="${id}"]`).click();
    await this.page.canvas.focus();
  }

  /** The gesture shows: from here on it may not be lost. */
  private async settled(done: (now: Shapes) => boolean): Promise<void> {
    for (let attempt = 0; attempt < 200; attempt++) {
      const now = await this.look();
      if (done(now) && (await this.page.kind()) !== "keeping") {
        this.shown = now;
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`a gesture did not show: ${JSON.stringify(this.shown)}`);
  }

  private async accident(): Promise<void> {
    const roll = this.random();
    if (roll < 0.03) await this.killTab(false);
    else if (roll < 0.05) await this.killTab(true);
    else if (roll < 0.08 && this.offlineFor === 0) {
      this.kills.network += 1;
      this.offlineFor = 1 + Math.floor(6 * this.random());
      await this.someone.context.setOffline(true);
    } else if (roll < 0.1) {
      await this.apiBack;
      this.kills.api += 1;
      this.apiBack = this.server.killApi();
      // Kept for open() and the end; a failure shows there.
      this.apiBack.catch(() => undefined);
    }
  }

  private async killTab(midGesture: boolean): Promise<void> {
    if (midGesture) {
      await this.page.keys.press("r");
      await this.page.pointer.press(await this.page.place({ x: 300, y: 200 }));
      await this.page.pointer.move(await this.page.place({ x: 380, y: 260 }));
    }
    this.kills[midGesture ? "tab_mid_gesture" : "tab_idle"] += 1;
    const { page } = this.page;
    const session = await page.context().newCDPSession(page);
    const gone = page.waitForEvent("crash");
    session.send("Page.crash").catch(() => undefined);
    await gone;
    await page.close();
    // A page cannot be loaded offline; the gestures made offline must still be there when the line is back.
    this.offlineFor = 0;
    await this.someone.context.setOffline(false);
    await this.open();
  }

  /** Shapes and events of which the server has too few or too many, or other ones. */
  private async differences(imageId: string): Promise<string[]> {
    const { annotations } = await this.backend.annotations(imageId);
    const round = Math.round;
    const kept = new Map(
      annotations.map(({ id, geometry }) => [
        id,
        geometry.type === "box"
          ? `${round(geometry.width)}×${round(geometry.height)}, box at ${round(geometry.x)}, ${round(geometry.y)},`
          : "",
      ]),
    );
    const missing = Object.entries(this.shown).filter(([id, words]) => !words.includes(kept.get(id) ?? "nowhere"));
    const extra = [...kept.keys()].filter((id) => !(id in this.shown));
    const events = await this.backend.history(imageId);
    const told = (type: string) => events.filter((event) => event.type === `annotation.${type}`).length;
    const miscounted = (Object.keys(this.made) as (keyof Made)[]).flatMap((kind) => {
      const difference = told(kind) - this.made[kind];
      return Array.from({ length: Math.abs(difference) }, () => `${difference < 0 ? "lost" : "doubled"}: ${kind}`);
    });
    return [...missing.map(([id, words]) => `${id} is shown as ${words}`), ...extra, ...miscounted];
  }
}
