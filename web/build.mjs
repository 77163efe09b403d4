// Builds every page into web/dist. Fails when the widget or the console grows over its size limit.
import { build } from "esbuild";
import { cp, mkdir, readFile, readdir, rm } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { minifiedCss } from "./css.mjs";

const web = dirname(fileURLToPath(import.meta.url));
const dist = join(web, "dist");
/** Bytes on the wire, gzipped. */
const LIMITS = { "widget.js": 20 * 1024, "console.js": 120 * 1024 };
const COPIED = new Set([".html", ".svg"]);

const shared = {
  bundle: true,
  minify: true,
  charset: "utf8",
  target: "es2022",
  format: "iife",
  legalComments: "none",
  logLevel: "warning",
};

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
await Promise.all([
  build({
    ...shared,
    entryPoints: [join(web, "widget/src/index.ts")],
    outfile: join(dist, "widget.js"),
    plugins: [minifiedCss],
  }),
  build({
    ...shared,
    entryPoints: [join(web, "demo/demo.ts"), join(web, "demo/demo.css")],
    external: ["*.svg"],
    outdir: dist,
  }),
  build({
    ...shared,
    entryPoints: [join(web, "console/src/index.tsx")],
    jsx: "automatic",
    jsxImportSource: "preact",
    outfile: join(dist, "console.js"),
  }),
  build({ ...shared, entryPoints: [join(web, "console/css/console.css")], outfile: join(dist, "console.css") }),
]);
for (const name of await readdir(join(web, "demo"))) {
  if (COPIED.has(extname(name))) await cp(join(web, "demo", name), join(dist, name));
}
await cp(join(web, "console/index.html"), join(dist, "console.html"));

for (const [name, limit] of Object.entries(LIMITS)) {
  const size = gzipSync(await readFile(join(dist, name)), { level: 9 }).length;
  console.log(`web/dist/${name}: ${size} bytes gzipped (limit ${limit})`);
  if (size > limit) {
    console.error(`${name} is over its size limit.`);
    process.exitCode = 1;
  }
}
