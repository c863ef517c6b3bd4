import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { graveFaults } from "./axe";
import { person } from "./browser";
import { ROOT } from "./server";
import { settled } from "./settled";

const THEMES = ["light", "dark"] as const;
const SCREEN = { width: 1280, height: 800 };
/** Set by `npm run screenshots`: the pictures of the README are made anew. */
const SHOTS = process.env.SCREENSHOTS ? join(ROOT, "docs/screenshots") : null;

/**
 * Open each address in both themes: axe finds nothing grave, no picture is broken, and the console stays silent, so
 * the Content-Security-Policy is obeyed. With `shown`, each page is a picture of the README.
 */
export async function inspect(
  browser: Browser,
  url: string,
  addresses: Readonly<Record<string, string>>,
  { shown = false }: { shown?: boolean } = {},
): Promise<void> {
  const faults: string[] = [];
  for (const theme of THEMES) {
    const { context, errors, newPage } = await person(browser, {
      colorScheme: theme,
      reducedMotion: "reduce",
      viewport: SCREEN,
    });
    const page = await newPage();
    for (const [name, address] of Object.entries(addresses)) {
      await page.goto(url + address);
      await settled(page);
      const found = [...(await graveFaults(page)), ...(await brokenPictures(page)), ...errors.splice(0)];
      faults.push(...found.map((fault) => `${name}, ${theme}: ${fault}`));
      if (shown && SHOTS) await shoot(page, join(SHOTS, `${name}-${theme}.png`));
    }
    await context.close();
  }
  assert.deepEqual(faults, []);
}

async function brokenPictures(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.images]
      .filter((image) => image.complete && image.naturalWidth === 0 && image.loading !== "lazy")
      .map((image) => `broken picture ${image.src}`),
  );
}

async function shoot(page: Page, path: string): Promise<void> {
  await mkdir(join(path, ".."), { recursive: true });
  await page.screenshot({ path });
}
