import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import type { Plugin } from "vite";

const LUCIDE = "node_modules/lucide-static/icons";
const OWN = "static/src/icons";
const FLAGS = "node_modules/country-flag-icons/3x2";
const EXTRA = "static/src/icons.json";
const SOURCES = ["templates", "apps", "static/src"];

function* files(folder: string): Generator<string> {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) {
      if (!["migrations", "__pycache__", "tracker"].includes(name)) yield* files(path);
    } else if ([".html", ".py", ".ts"].includes(extname(name))) yield path;
  }
}

/** Words in quotes that may be icon names: any literal of a file that speaks of icons. */
function candidates(text: string): string[] {
  if (!/icon|Place\(|c-confirm|c-empty/.test(text)) return [];
  return [...text.matchAll(/["'>]([a-z][a-z0-9]*(?:-[a-z0-9]+)*)["'<]/g)].map((match) => match[1]!);
}

function source(name: string): string | null {
  const path = [join(OWN, `${name}.svg`), join(LUCIDE, `${name}.svg`)].find(existsSync);
  return path ? readFileSync(path, "utf8") : null;
}

/** One `<symbol>`; lucide icons inherit stroke settings from the referencing `<svg>`. */
export function symbol(name: string, svg: string): string {
  const body = svg.replace(/<!--.*?-->/gs, "").replace(/^[\s\S]*?<svg[\s\S]*?>/, "").replace(/<\/svg>\s*$/, "");
  const viewBox = /viewBox="([^"]+)"/.exec(svg)?.[1] ?? "0 0 24 24";
  return `<symbol id="${name}" viewBox="${viewBox}">${body.replace(/\s*\n\s*/g, "").trim()}</symbol>`;
}

export function usedIcons(): string[] {
  const names = new Set<string>(JSON.parse(readFileSync(EXTRA, "utf8")) as string[]);
  for (const folder of SOURCES) {
    for (const path of files(folder)) candidates(readFileSync(path, "utf8")).forEach((name) => names.add(name));
  }
  for (const name of existsSync(OWN) ? readdirSync(OWN) : []) names.add(name.replace(/\.svg$/, ""));
  return [...names].sort();
}

/** Writes `icons.svg`, the sprite of every icon the templates and the code name, and the page's own icon. */
export function iconSprite(): Plugin {
  return {
    name: "mainstay-icons",
    apply: "build",
    generateBundle() {
      const symbols = usedIcons().flatMap((name) => {
        const svg = source(name);
        return svg ? [symbol(name, svg)] : [];
      });
      const sprite = `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
      this.emitFile({ type: "asset", fileName: "icons.svg", source: sprite });
      this.emitFile({ type: "asset", fileName: "favicon.svg", source: readFileSync("static/src/favicon.svg") });
    },
  };
}

/** Copies the flags of countries to `flags/<CODE>.svg`; pages load only those they show. */
export function flags(): Plugin {
  return {
    name: "mainstay-flags",
    apply: "build",
    generateBundle() {
      for (const name of readdirSync(FLAGS).filter((file) => file.endsWith(".svg"))) {
        this.emitFile({ type: "asset", fileName: `flags/${name}`, source: readFileSync(join(FLAGS, name)) });
      }
    },
  };
}
