import { readdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Plugin, ProxyOptions } from "vite";
import { defineConfig } from "vitest/config";
import { ENTRIES, watchHtml } from "./build/watch-html.ts";
import { demoApi } from "./dev/demo.ts";

const OUT_DIR = join(import.meta.dirname, "../src/tidegate/web");
const SERVER = process.env.TIDEGATE_URL ?? "http://127.0.0.1:8080";

/** Empty the output folder but for its `__init__.py`, which makes the built pages part of the Python package. */
function emptyWeb(): Plugin {
  let folder = OUT_DIR;
  return {
    name: "tidegate-empty-web",
    apply: "build",
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir);
    },
    buildStart() {
      for (const entry of safeList(folder)) {
        if (entry !== "__init__.py") rmSync(join(folder, entry), { recursive: true });
      }
    },
  };
}

function safeList(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // the first build makes the folder
  }
}

const toServer: ProxyOptions = { target: SERVER, changeOrigin: true };

export default defineConfig(({ mode }) => ({
  plugins: [emptyWeb(), watchHtml(), ...(mode === "demo" ? [demoApi()] : [])],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: OUT_DIR,
    emptyOutDir: false,
    target: "es2022",
    sourcemap: false,
    rollupOptions: { input: ENTRIES },
    // hls.js is one lazy chunk of its own and larger than the default warning; first paint does not wait for it
    chunkSizeWarningLimit: 700,
  },
  server: {
    proxy:
      mode === "demo"
        ? { "/live": toServer }
        : { "/api": toServer, "/live": toServer, "/healthz": toServer, "/readyz": toServer },
  },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}", "dev/**/*.test.ts"],
    restoreMocks: true,
  },
}));
