// Makes audiences/static/audiences/rule-builder.{js,css} of src; with --check, only says whether
// those are what src makes.
import { readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "../static/audiences");

const made = await build({
  absWorkingDir: here,
  entryPoints: { "rule-builder": "src/index.tsx" },
  outdir: target,
  bundle: true,
  minify: true,
  write: false,
  format: "iife",
  target: "es2022",
  jsx: "automatic",
  charset: "utf8",
  legalComments: "eof",
  define: { "process.env.NODE_ENV": '"production"' },
});

let stale = false;
for (const file of made.outputFiles) {
  if (!process.argv.includes("--check")) {
    await writeFile(file.path, file.contents);
  } else if (!(await readFile(file.path)).equals(Buffer.from(file.contents))) {
    console.error(`${basename(file.path)} is not what src makes: npm run build`);
    stale = true;
  }
}
process.exitCode = stale ? 1 : 0;
