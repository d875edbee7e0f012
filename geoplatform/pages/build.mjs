// Copies what the page needs of the installed packages into the static files, and nothing else.
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "static", "pages", "vendor");

/** From a package's folder to a name of ours. */
const ALLOWED = {
  "maplibre-gl/dist/maplibre-gl.mjs": "maplibre-gl.mjs",
  "maplibre-gl/dist/maplibre-gl-worker.mjs": "maplibre-gl-worker.mjs",
  "maplibre-gl/dist/maplibre-gl.css": "maplibre-gl.css",
  "maplibre-gl/LICENSE.txt": "maplibre-gl.LICENSE.txt",
  // Asked for only when somebody draws a line or an area.
  "terra-draw/dist/terra-draw.modern.js": "terra-draw.mjs",
  "terra-draw-maplibre-gl-adapter/dist/terra-draw-maplibre-gl-adapter.modern.js": "terra-draw-adapter.mjs",
};
/** What modules call each other, in Node's way, by the names that a browser can follow. */
const NAMES = { "terra-draw": "./terra-draw.mjs" };

await rm(target, { recursive: true, force: true });
await mkdir(target, { recursive: true });
for (const [source, name] of Object.entries(ALLOWED)) {
  const from = join(here, "node_modules", source);
  if (name.endsWith(".mjs")) {
    // Without the pointer to a source map that is not shipped.
    const text = await readFile(from, "utf8");
    const plain = text.replace(/\n?\/\/# sourceMappingURL=\S+\s*$/, "\n");
    await writeFile(join(target, name), plain.replace(/\bfrom\s*"([\w-]+)"/g, (all, each) => (each in NAMES ? `from"${NAMES[each]}"` : all)));
  } else {
    await copyFile(from, join(target, name));
  }
}
// So that tsc knows the copy by the package's types.
for (const name of ["maplibre-gl", "terra-draw", "terra-draw-adapter"]) {
  await copyFile(join(here, "types", `${name}.d.mts`), join(target, `${name}.d.mts`));
}
// These packages bring no file of their licence.
await copyFile(join(here, "types", "terra-draw.LICENSE.txt"), join(target, "terra-draw.LICENSE.txt"));
