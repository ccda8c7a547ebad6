/**
 * Writes `watch.html` beside `index.html`: the same page with the watch page's chunks named in its head, so that a
 * viewer's browser fetches player and page in one round trip instead of discovering them one after the other.
 */

import type { Plugin, Rolldown } from "vite";

/** Chunks that the watch page needs before its first frame, by the module that makes each. */
const ENTRIES = [/pages\/watch\/watch-page\.tsx$/, /player\/hls-source\.ts$/];

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
        const links = [...neededFiles(bundle)].map(linkTo).join("\n    ");
        const source = String(index.source).replace("</title>", `</title>\n    ${links}`);
        this.emitFile({ type: "asset", fileName: "watch.html", source });
      },
    },
  };
}

function neededFiles(bundle: Rolldown.OutputBundle): Set<string> {
  const files = new Set<string>();
  const visit = (fileName: string): void => {
    const chunk = bundle[fileName];
    if (chunk?.type !== "chunk" || chunk.isEntry || files.has(fileName)) return; // the page names its entry itself
    files.add(fileName);
    for (const css of chunk.viteMetadata?.importedCss ?? []) files.add(css);
    chunk.imports.forEach(visit);
  };
  for (const [fileName, chunk] of Object.entries(bundle)) {
    const module = chunk.type === "chunk" ? chunk.facadeModuleId : null;
    if (module && ENTRIES.some((entry) => entry.test(module))) visit(fileName);
  }
  return files;
}

function linkTo(fileName: string): string {
  if (fileName.endsWith(".css")) return `<link rel="stylesheet" crossorigin href="/${fileName}">`;
  return `<link rel="modulepreload" crossorigin href="/${fileName}">`;
}
