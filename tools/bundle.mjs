/**
 * Bundles the page's libraries into `static/vendor/`, once, at install time.
 *
 * One ES module (`libs.js`) holds all of them, so that there is exactly one copy of yjs and of
 * @codemirror/state: two copies of either break the editor silently. The same list of exports is
 * written beside it as `libs.d.ts`, which is where the type checker reads the libraries' types.
 * The page's own code is not built; it imports `../vendor/libs.js`.
 */

import { build } from "esbuild";
import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const VENDOR = join(ROOT, "static", "vendor");
const FONT = join(ROOT, "node_modules", "@fontsource-variable", "literata");
const FONT_SCRIPTS = ["latin", "latin-ext", "greek", "cyrillic", "vietnamese"];

const EXPORTS = `export * as Y from "yjs";
export { IndexeddbPersistence } from "y-indexeddb";
export { ySyncAnnotation, yCollab } from "y-codemirror.next";
export { io } from "socket.io-client";
export {
  EditorSelection,
  EditorState,
  MapMode,
  Prec,
  RangeSetBuilder,
  StateEffect,
  StateField,
} from "@codemirror/state";
export {
  Decoration,
  EditorView,
  RectangleMarker,
  ViewPlugin,
  drawSelection,
  keymap,
  layer,
  placeholder,
} from "@codemirror/view";
export { defaultKeymap } from "@codemirror/commands";
export { closeSearchPanel, search, searchKeymap } from "@codemirror/search";
`;

const TYPES = `export type {
  ChangeSet,
  Extension,
  StateEffectType,
  Transaction,
  TransactionSpec,
} from "@codemirror/state";
export type { DecorationSet, KeyBinding, ViewUpdate } from "@codemirror/view";
`;

async function bundle() {
  await rm(VENDOR, { recursive: true, force: true });
  await mkdir(join(VENDOR, "fonts"), { recursive: true });
  await build({
    stdin: { contents: EXPORTS, resolveDir: ROOT, sourcefile: "libs.entry.mjs", loader: "js" },
    outfile: join(VENDOR, "libs.js"),
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    legalComments: "linked",
  });
  await writeFile(join(VENDOR, "libs.d.ts"), EXPORTS + TYPES);
  for (const script of FONT_SCRIPTS) {
    const name = `literata-${script}-opsz-normal.woff2`;
    await copyFile(join(FONT, "files", name), join(VENDOR, "fonts", name));
  }
  await copyFile(join(FONT, "LICENSE"), join(VENDOR, "fonts", "LICENSE"));
}

await bundle();
console.log("static/vendor is ready");
