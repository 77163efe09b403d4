// An esbuild plugin: `import text from "./some.css"` gives the minified style sheet as a string.
import { transform } from "esbuild";
import { readFile } from "node:fs/promises";

export const minifiedCss = {
  name: "minified-css",
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const { code } = await transform(source, { loader: "css", minify: true, target: "es2021", charset: "utf8" });
      return { contents: code.trim(), loader: "text" };
    });
  },
};
