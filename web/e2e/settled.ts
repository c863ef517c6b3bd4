import type { Page } from "playwright-core";

/** The page has asked all it asks at first, has drawn it, and every picture in view has come. */
export async function settled(page: Page): Promise<void> {
  await page.waitForLoadState("networkidle");
  await page.waitForFunction(() => [...document.images].every((image) => image.complete || image.loading === "lazy"));
  await page.waitForFunction(() => document.getAnimations().every(({ playState }) => playState !== "running"));
}
