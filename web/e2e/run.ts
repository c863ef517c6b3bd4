import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { chromiumPath } from "./browser";
import { buildPage } from "./server";

// `npm run e2e` runs all, `npm run e2e -- annotate` those whose name contains the word; E2E_BUILT=1 takes dist/ as it is.
const wanted = process.argv.slice(2);
const files = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith(".e2e.ts") && (wanted.length === 0 || wanted.some((word) => name.includes(word))))
  .map((name) => join(import.meta.dirname, name));
if (files.length === 0) throw new Error(`no end-to-end test is called ${wanted.join(" or ")}`);

chromiumPath();
if (!process.env.E2E_BUILT) buildPage();
const { status } = spawnSync(
  process.execPath,
  [
    "--import",
    "tsx",
    "--test",
    "--test-concurrency=1",
    "--test-reporter=spec",
    "--test-timeout=900000",
    ...(process.env.E2E_ONLY ? ["--test-name-pattern", process.env.E2E_ONLY] : []),
    ...files,
  ],
  { stdio: "inherit", cwd: join(import.meta.dirname, "..") },
);
process.exitCode = status ?? 1;
