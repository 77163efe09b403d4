// Bundles the unit tests with esbuild and runs them with node's own test runner.
import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { minifiedCss } from "./css.mjs";

const web = dirname(fileURLToPath(import.meta.url));
const parts = ["widget", "console"];
const out = join(web, "../node_modules/.cache/grija-tests");

rmSync(out, { recursive: true, force: true });
const tests = parts.flatMap((part) =>
  readdirSync(join(web, part, "test")).filter((name) => name.endsWith(".test.ts")).map((name) => join(part, "test", name)),
);
await build({
  entryPoints: tests.map((name) => join(web, name)),
  outdir: out,
  outbase: web,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  format: "esm",
  sourcemap: "inline",
  logLevel: "warning",
  plugins: [minifiedCss],
  jsx: "automatic",
  jsxImportSource: "preact",
  define: {
    SOURCES: JSON.stringify(join(web, "widget/src")),
    CONSOLE_SOURCES: JSON.stringify(join(web, "console/src")),
  },
});
const files = tests.map((name) => join(out, name.replace(/\.ts$/, ".mjs")));
const run = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...files], { stdio: "inherit" });
process.exit(run.status ?? 1);
