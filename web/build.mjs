// Builds every page into web/dist. Fails when the widget grows over its size limit.
import { build } from "esbuild";
import { cp, mkdir, readFile, readdir, rm } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { minifiedCss } from "./css.mjs";

const web = dirname(fileURLToPath(import.meta.url));
const dist = join(web, "dist");
const WIDGET_LIMIT = 20 * 1024;
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
]);
for (const name of await readdir(join(web, "demo"))) {
  if (COPIED.has(extname(name))) await cp(join(web, "demo", name), join(dist, name));
}

const size = gzipSync(await readFile(join(dist, "widget.js")), { level: 9 }).length;
console.log(`web/dist/widget.js: ${size} bytes gzipped (limit ${WIDGET_LIMIT})`);
if (size > WIDGET_LIMIT) {
  console.error("The widget is over its size limit.");
  process.exit(1);
}
