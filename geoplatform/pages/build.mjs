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
};

await rm(target, { recursive: true, force: true });
await mkdir(target, { recursive: true });
for (const [source, name] of Object.entries(ALLOWED)) {
  const from = join(here, "node_modules", source);
  if (name.endsWith(".mjs")) {
    // Without the pointer to a source map that is not shipped.
    const text = await readFile(from, "utf8");
    await writeFile(join(target, name), text.replace(/\n?\/\/# sourceMappingURL=\S+\s*$/, "\n"));
  } else {
    await copyFile(from, join(target, name));
  }
}
// So that tsc knows the copy by the package's types.
await copyFile(join(here, "types", "maplibre-gl.d.mts"), join(target, "maplibre-gl.d.mts"));
