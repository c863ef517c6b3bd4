import axe from "axe-core";
import type { Page } from "playwright-core";

const GRAVE = ["serious", "critical"];
/** Elements told of one rule: a list of a thousand rows has the same fault a thousand times. */
const SHOWN = 3;

/** What axe finds serious or critical on the page as it stands, one line an element; none is the aim. */
export async function graveFaults(page: Page): Promise<string[]> {
  // The page's own policy refuses foreign scripts; the debugger that runs this stands outside of it.
  await page.evaluate(axe.source);
  const { violations } = (await page.evaluate("axe.run({ resultTypes: ['violations'] })")) as axe.AxeResults;
  return violations
    .filter(({ impact }) => GRAVE.includes(impact ?? ""))
    .flatMap(({ id, nodes }) =>
      nodes
        .slice(0, SHOWN)
        .map(({ target, html, any }) => `${id}: ${target.join(" ")} ${html.slice(0, 160)} ${any[0]?.message ?? ""}`),
    );
}
