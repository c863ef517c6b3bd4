import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "../..");
const READY = "is ready:";
const START_MS = 120_000;

/** One `autoannotate up` of its own: fresh data folder, free port, nothing shared with any other instance. */
export interface Server {
  readonly url: string;
  readonly dataFolder: string;
  /** Of the embedded PostgreSQL, as the API process has it. */
  databaseUrl(): Promise<string>;
  /** Kill the API process without warning; the supervisor starts it again. Resolves when it answers anew. */
  killApi(): Promise<void>;
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly environment?: Readonly<Record<string, string>>;
}

export async function startServer({ environment = {} }: ServerOptions = {}): Promise<Server> {
  const dataFolder = await mkdtemp(join(tmpdir(), "autoannotate-e2e-"));
  const port = await freePort();
  const command = process.env.AUTOANNOTATE_BIN ?? join(ROOT, ".venv/bin/autoannotate");
  if (!existsSync(command)) throw new Error(`${command} is missing: run \`make install\` first`);
  const supervisor = spawn(command, ["up"], {
    cwd: ROOT,
    env: { ...process.env, AUTOANNOTATE_DATA_DIR: dataFolder, AUTOANNOTATE_PORT: String(port), ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const url = `http://127.0.0.1:${port}`;
  // A test run that is ended from outside takes its server with it.
  process.once("exit", () => supervisor.kill("SIGTERM"));
  process.once("SIGTERM", () => process.exit(143));
  try {
    await announced(supervisor);
  } catch (error) {
    supervisor.kill("SIGTERM");
    throw error;
  }
  return {
    url,
    dataFolder,
    async databaseUrl() {
      const environ = await readFile(`/proc/${await apiProcess(supervisor)}/environ`, "utf8");
      const setting = environ.split("\0").find((each) => each.startsWith("DATABASE_URL="));
      if (!setting) throw new Error("the API process has no DATABASE_URL");
      return setting.slice("DATABASE_URL=".length);
    },
    async killApi() {
      const pid = await apiProcess(supervisor);
      process.kill(pid, "SIGKILL");
      await answering(url);
    },
    async stop() {
      if (supervisor.exitCode === null) {
        const gone = new Promise((resolve) => supervisor.once("exit", resolve));
        supervisor.kill("SIGTERM");
        await gone;
      }
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

function announced(supervisor: ChildProcess): Promise<void> {
  let said = "";
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`not ready after ${START_MS} ms:\n${said}`)), START_MS);
    const hear = (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-20_000);
      if (!said.includes(READY)) return;
      clearTimeout(late);
      resolve();
    };
    supervisor.stdout?.on("data", hear);
    supervisor.stderr?.on("data", hear);
    supervisor.once("error", reject);
    supervisor.once("exit", (code) => reject(new Error(`ended with status ${code}:\n${said}`)));
  });
}

/** The supervisor's child that serves the API: found among its own children only. */
async function apiProcess(supervisor: ChildProcess): Promise<number> {
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, "utf8").catch(() => "");
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    if (parent !== supervisor.pid) continue;
    const command = await readFile(`/proc/${entry}/cmdline`, "utf8").catch(() => "");
    if (/granian|uvicorn|api\.app/.test(command)) return Number(entry);
  }
  throw new Error("the supervisor has no API process");
}

async function answering(url: string): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    const response = await fetch(`${url}/health/live`).catch(() => null);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("the API did not come back");
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}

/** Build the page into dist/, as `make up` does: the tests see what a person sees. */
export function buildPage(): void {
  execFileSync("npx", ["vite", "build", "--logLevel", "warn"], { cwd: join(ROOT, "web"), stdio: "inherit" });
}
