import { cpSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const API = process.env.AUTOANNOTATE_URL ?? "http://127.0.0.1:8000";

// The API's docs page loads Swagger UI from our own address: nothing of ours comes from elsewhere.
const swagger: Plugin = {
  name: "copy-swagger-ui",
  apply: "build",
  writeBundle(options) {
    const source = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
    for (const file of ["swagger-ui-bundle.js", "swagger-ui.css", "swagger-ui-standalone-preset.js"]) {
      cpSync(join(source, file), join(options.dir ?? "dist", "swagger", file));
    }
  },
};

export default defineConfig({
  plugins: [react(), swagger],
  build: {
    outDir: "dist",
    target: "es2023",
    // Browsers that know light-dark() themselves: lowered, it would need color-scheme in each file and stay light.
    cssTarget: ["chrome123", "edge123", "firefox120", "safari17.5"],
    chunkSizeWarningLimit: 600,
  },
  server: {
    proxy: { "/api": API, "/docs": API, "/health": API, "/ws": { target: API, ws: true } },
  },
  // No test asserts how long it takes: the limit only ends one that hangs, on however busy a machine.
  test: { include: ["src/**/*.test.{ts,tsx}"], environment: "node", restoreMocks: true, testTimeout: 60_000 },
});
