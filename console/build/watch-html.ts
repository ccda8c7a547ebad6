/**
 * Writes `watch.html` beside `index.html`: the same page in a viewer's order. First comes the opening, a script of a few
 * kilobytes that fetches and shows the picture; beside it the page's own chunks, which would otherwise be discovered one
 * after the other; last the player's library, fetched but not yet compiled, because that takes as long as a first frame.
 */

import type { Plugin, Rolldown } from "vite";

const OPENING = /player\/opening\.ts$/;
const PAGE = /pages\/watch\/watch-page\.tsx$/;
const LIBRARY = /player\/hls-source\.ts$/;

/** What a build takes as its entries: the page, and the opening as a chunk that stands alone. */
export const ENTRIES = { index: "index.html", opening: "src/player/opening.ts" };

export function watchHtml(): Plugin {
  return {
    name: "tidegate-watch-html",
    apply: "build",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const index = bundle["index.html"];
        if (index?.type !== "asset") return this.error("index.html is not in the bundle");
        const opening = chunkOf(bundle, OPENING);
        const library = chunkOf(bundle, LIBRARY);
        const page = chunkOf(bundle, PAGE);
        if (!opening || !library || !page)
          return this.error("a chunk of the watch page is not in the bundle");
        const first = `<script type="module" async crossorigin src="/${opening.fileName}"></script>`;
        const needed = neededFiles(bundle, page);
        needed.delete(opening.fileName);
        const links = [
          ...[...needed].map(linkTo),
          `<link rel="preload" as="script" fetchpriority="low" crossorigin href="/${library.fileName}">`,
        ];
        const source = String(index.source)
          .replace(/ *<link rel="modulepreload"[^>]*>\n/g, "")
          .replace(/(<meta charset[^>]*>)/, `$1\n    ${first}`)
          .replace("</title>", `</title>\n    ${links.join("\n    ")}`);
        this.emitFile({ type: "asset", fileName: "watch.html", source });
      },
    },
  };
}

function chunkOf(bundle: Rolldown.OutputBundle, module: RegExp): Rolldown.OutputChunk | undefined {
  for (const chunk of Object.values(bundle)) {
    if (chunk.type === "chunk" && chunk.facadeModuleId && module.test(chunk.facadeModuleId)) return chunk;
  }
  return undefined;
}

/** Files that a chunk needs before it runs, itself included; what the page names itself is left out. */
function neededFiles(bundle: Rolldown.OutputBundle, start: Rolldown.OutputChunk): Set<string> {
  const files = new Set<string>();
  const visit = (fileName: string): void => {
    const chunk = bundle[fileName];
    if (chunk?.type !== "chunk" || chunk.isEntry || files.has(fileName)) return;
    files.add(fileName);
    for (const css of chunk.viteMetadata?.importedCss ?? []) files.add(css);
    chunk.imports.forEach(visit);
  };
  visit(start.fileName);
  return files;
}

function linkTo(fileName: string): string {
  if (fileName.endsWith(".css")) return `<link rel="stylesheet" crossorigin href="/${fileName}">`;
  return `<link rel="modulepreload" crossorigin href="/${fileName}">`;
}
