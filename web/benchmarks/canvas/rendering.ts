import type { Page } from "playwright-core";
import { FIT, ZOOMED } from "./boxes";
import type { Harness } from "./page";
import { median, ms, quantile, type Row } from "./table";

const COUNT = 5000;

/** Ours, Konva's and SVG's frames over the same 5,000 boxes, in turns, so that a busy machine hits all alike. */
async function frames(page: Page, scale: number, count: number) {
  const times = {
    ours: [] as number[],
    oursAtRest: [] as number[],
    konva: [] as number[],
    konvaTuned: [] as number[],
    svg: [] as number[],
  };
  for (let turn = 0; turn < 2; turn++) {
    const measured = await page.evaluate(
      async ({ count, scale, frames }) => {
        const { harness } = window as unknown as { harness: Harness };
        return {
          ours: await harness.ours(count, scale, frames),
          oursAtRest: await harness.oursAtRest(count, scale, Math.round(frames / 3)),
          konva: await harness.konva(count, scale, Math.round(frames / 3), false),
          konvaTuned: await harness.konva(count, scale, Math.round(frames / 3), true),
          svg: await harness.svg(count, scale, Math.round(frames / 3)),
        };
      },
      { count: COUNT, scale, frames: count },
    );
    for (const name of Object.keys(times) as (keyof typeof times)[]) times[name].push(...measured[name]);
  }
  return {
    ours: median(times.ours),
    ours_p95: quantile(times.ours, 0.95),
    ours_at_rest: median(times.oursAtRest),
    konva: median(times.konva),
    konva_tuned: median(times.konvaTuned),
    svg: median(times.svg),
  };
}

async function dragging(page: Page, start: "startDragOurs" | "startDragKonva") {
  const at = await page.evaluate(([name, count]) => (window as unknown as { harness: Harness }).harness[name](count), [
    start,
    COUNT,
  ] as const);
  await page.mouse.move(at.x, at.y);
  await page.mouse.down();
  for (let i = 1; i <= 80; i++) await page.mouse.move(at.x + 3 * i, at.y + 2 * i);
  const times = await page.evaluate(() => (window as unknown as { harness: Harness }).harness.endDrag());
  await page.mouse.up();
  return { fromEvent: times.fromEvent.slice(5), fromHandler: times.fromHandler.slice(5) };
}

export async function renderingRows(page: Page, frameCount: number): Promise<Row[]> {
  const zoomed = await frames(page, ZOOMED, frameCount);
  const fit = await frames(page, FIT, frameCount);
  const ours = await dragging(page, "startDragOurs");
  const konva = await dragging(page, "startDragKonva");
  const twins = (f: typeof fit) =>
    `${ms(f.ours)} (at rest, with fills and labels, ${ms(f.ours_at_rest)}), ${(f.konva / f.ours).toFixed(1)}x faster than Konva (${ms(f.konva)}; tuned ${ms(f.konva_tuned)}), SVG ${ms(f.svg)}`;
  const dragged = median(ours.fromEvent);
  return [
    {
      figure: "5,000 boxes zoomed in, pan and zoom, median frame",
      measured: twins(zoomed),
      target: ">= 10x Konva; <= 16 ms",
      reached: zoomed.konva / zoomed.ours >= 10 && zoomed.ours <= 16,
      detail: zoomed,
    },
    {
      figure: "5,000 boxes at fit, moving, median frame",
      measured: twins(fit),
      target: ">= 3x Konva; <= 33 ms",
      reached: fit.konva / fit.ours >= 3 && fit.ours <= 33,
      detail: fit,
    },
    {
      figure: "pointer to paint, dragging one of 5,000",
      measured: `${ms(dragged)} (p95 ${ms(quantile(ours.fromEvent, 0.95))}; from handler ${ms(median(ours.fromHandler))}); Konva ${ms(median(konva.fromEvent))}`,
      target: "<= 16 ms",
      reached: ours.fromEvent.length > 20 && dragged <= 16,
      detail: {
        ours_from_event: dragged,
        ours_from_handler: median(ours.fromHandler),
        konva_from_event: median(konva.fromEvent),
        samples: ours.fromEvent.length,
      },
    },
  ];
}
