// Makes audiences/static/audiences/rule-builder.{js,css} of src, and beside them the licences of
// what is in them; with --check, only says whether those are what src makes.
import { readFile, readdir, writeFile } from "node:fs/promises";
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
  metafile: true,
  format: "iife",
  target: "es2022",
  jsx: "automatic",
  charset: "utf8",
  legalComments: "none", // they are in the licences
  define: { "process.env.NODE_ENV": '"production"' },
});

/** The licences of the packages of which something is in the built files. */
async function licences() {
  const packages = Object.keys(made.metafile.inputs).map(
    (path) => path.match(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//)?.[1],
  );
  const texts = [];
  for (const path of [...new Set(packages)].filter(Boolean).sort()) {
    const folder = join(here, path);
    const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json")));
    const file = (await readdir(folder)).find((one) => /^licen[cs]e/i.test(one));
    const text = file ? await readFile(join(folder, file), "utf8") : "";
    texts.push(`${name} ${version} (${license})\n\n${text.trim()}`.trim());
  }
  return { path: join(target, "rule-builder.licences.txt"), contents: `${texts.join("\n\n\n")}\n` };
}

let stale = false;
for (const file of [...made.outputFiles, await licences()]) {
  if (!process.argv.includes("--check")) {
    await writeFile(file.path, file.contents);
  } else if (!(await readFile(file.path)).equals(Buffer.from(file.contents))) {
    console.error(`${basename(file.path)} is not what src makes: npm run build`);
    stale = true;
  }
}
process.exitCode = stale ? 1 : 0;
