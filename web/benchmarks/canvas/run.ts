import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { createServer } from "vite";
import { launch } from "../../e2e/browser";
import { buildPage, startServer } from "../../e2e/server";
import { bundleRow, editingRow, galleryRow, nextImageRow } from "./app";
import { Losses } from "./losses";
import { renderingRows } from "./rendering";
import { print, type Row } from "./table";

const WEB = resolve(import.meta.dirname, "../..");
const { values } = parseArgs({
  options: {
    json: { type: "string", default: join(WEB, "benchmarks/canvas/results.json") },
    frames: { type: "string", default: "60" },
    edits: { type: "string", default: "1000" },
    seed: { type: "string", default: "4" },
    minutes: { type: "string", default: "60" },
    only: { type: "string", default: "rendering,editing,next,gallery,bundle,losses" },
    built: { type: "boolean", default: false },
  },
});
const wanted = new Set(values.only.split(","));

const rows: Row[] = [];
const add = (row: Row) => {
  console.error(`${row.figure}: ${row.measured}`);
  rows.push(row);
};
const browser = await launch();
if (wanted.delete("rendering")) {
  const vite = await createServer({
    root: WEB,
    configFile: false,
    logLevel: "error",
    server: { host: "127.0.0.1", port: 0 },
  });
  await vite.listen();
  const page = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
  await page.goto(`${vite.resolvedUrls?.local[0]}benchmarks/canvas/index.html`);
  await page.waitForFunction(() => "harness" in window);
  for (const row of await renderingRows(page, Number(values.frames))) add(row);
  await page.close();
  await vite.close();
}
if (wanted.size > 0) {
  if (!values.built) buildPage();
  const server = await startServer();
  try {
    if (wanted.has("editing")) add(await editingRow(server, browser));
    if (wanted.has("next")) add(await nextImageRow(server, browser));
    if (wanted.has("gallery")) add(await galleryRow(server, browser));
    if (wanted.has("bundle")) add(await bundleRow(server, browser));
    if (wanted.has("losses")) {
      const losses = new Losses(server, browser, Number(values.seed));
      add(await losses.run(Number(values.edits), Number(values.minutes)));
    }
  } finally {
    await server.stop();
  }
}
const about = { at: new Date().toISOString(), cores: cpus().length, browser: browser.version(), gpu: false };
await browser.close();
mkdirSync(dirname(values.json), { recursive: true });
writeFileSync(values.json, `${JSON.stringify({ ...about, rows }, null, 2)}\n`);
console.log(`Chromium ${about.browser}, software rendering, ${about.cores} cores\n${print(rows)}`);
