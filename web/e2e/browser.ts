import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

const CANDIDATES = [
  process.env.CHROMIUM_PATH,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Debian's Chromium, installed where it is missing. */
export function chromiumPath(): string {
  const found = CANDIDATES.find((path) => path && existsSync(path));
  if (found) return found;
  if (process.getuid?.() !== 0)
    throw new Error("Chromium is missing and only root can install it: apt-get install chromium, or set CHROMIUM_PATH");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  execFileSync("apt-get", ["update", "-qq"], { stdio: "inherit" });
  execFileSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium"], { stdio: "inherit", env });
  return "/usr/bin/chromium";
}

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath(), args: FLAGS });
}

/** A fresh person: own storage, own cookies. Errors on the page fail whoever reads `errors`. */
export interface Person {
  readonly context: BrowserContext;
  readonly errors: string[];
  newPage(): Promise<Page>;
}

export async function person(browser: Browser, options: Parameters<Browser["newContext"]>[0] = {}): Promise<Person> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  // tsx names functions through a global that a function sent to the page does not find there.
  await context.addInitScript("globalThis.__name ??= (named) => named");
  const errors: string[] = [];
  return {
    context,
    errors,
    async newPage() {
      const page = await context.newPage();
      page.on("pageerror", (error) => errors.push(String(error)));
      page.on("console", (message) => {
        // Chromium logs every failed request and socket here; the tests that cut the network expect those.
        const isNetwork = /^(Failed to load resource|WebSocket connection to)/.test(message.text());
        if (message.type() === "error" && !isNetwork) errors.push(message.text());
      });
      return page;
    },
  };
}
