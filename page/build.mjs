/**
 * Build the page: src/main.js and styles/main.css become two minified files in mbcost/present/page.
 *
 * `node build.mjs` writes them. `node build.mjs --check` writes nothing: it compares them with the committed files, and
 * ends with 1 if they differ.
 */

import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const ROOM = dirname(fileURLToPath(import.meta.url));
export const OUTPUT = join(ROOM, "..", "mbcost", "present", "page");
const ENTRIES = { "page.js": "src/main.js", "page.css": "styles/main.css" };
const FORBIDDEN = /<\/(?:script|style)|<!--/i;

/**
 * The packages whose code is in a bundle, in alphabetical order.
 * @param {esbuild.Metafile} metafile
 * @returns {string[]}
 */
function listPackages(metafile) {
  const names = Object.values(metafile.outputs)
    .flatMap((output) => Object.entries(output.inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1])
    .filter((name) => name !== undefined);
  return [...new Set(names)].sort();
}

/**
 * The name, version and whole licence of a package. A package without a licence file is an error.
 * @param {string} name
 * @returns {string}
 */
function readLicence(name) {
  const folder = join(ROOM, "node_modules", name);
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf-8"));
  const file = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
  if (file === undefined) throw new Error(`${name}: there is no licence in the package: leave the package out`);
  return `${name} ${version}\n\n${readFileSync(join(folder, file), "utf-8").trim().replaceAll("*/", "* /")}`;
}

/**
 * The text of one built file.
 * @param {string} entry
 * @returns {Promise<string>}
 */
async function bundle(entry) {
  const { outputFiles, metafile } = await esbuild.build({
    absWorkingDir: ROOM,
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    charset: "ascii", // the hash of the script has to hold in every encoding
    format: "iife",
    target: ["es2022", "chrome109", "firefox115", "safari16.4"],
    legalComments: "none",
    logLevel: "warning",
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error(`${entry}: esbuild made no file`);
  const licences = listPackages(metafile).map(readLicence);
  const text = licences.length === 0 ? file.text : `/*!\n${licences.join("\n\n")}\n*/\n${file.text}`;
  if (FORBIDDEN.test(text)) throw new Error(`${entry}: the built text would end its element, or start a comment`);
  return text;
}

/**
 * Every built file with its text.
 * @returns {Promise<Record<string, string>>}
 */
export async function build() {
  const built = Object.entries(ENTRIES).map(async ([name, entry]) => [name, await bundle(entry)]);
  return Object.fromEntries(await Promise.all(built));
}

/**
 * Write or compare the built files.
 * @param {boolean} isCheck
 */
async function run(isCheck) {
  for (const [name, text] of Object.entries(await build())) {
    const path = join(OUTPUT, name);
    if (!isCheck) {
      mkdirSync(OUTPUT, { recursive: true });
      writeFileSync(path, text);
      console.log(`${name}: ${Buffer.byteLength(text)} bytes`);
    } else if (!existsSync(path) || readFileSync(path, "utf-8") !== text) {
      console.error(`mbcost/present/page/${name}: it is not what page/ builds: run \`make page\``);
      process.exitCode = 1;
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run(process.argv.includes("--check"));
