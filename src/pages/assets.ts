import { hash } from "node:crypto";
import type { Asset } from "../core/site.ts";
import { importsOf, readModule, withImports } from "./modules.ts";

/** Assets under names that change with their content, so that a browser may keep each for good. */
export interface Assets {
  get(name: string): Asset | undefined;
  /** The path of a file below the root of the service; its name in the sources is `name`, such as `style.css`. */
  add(name: string, asset: Asset): string;
  /** The paths of a module of `browser/` and of all that it imports, itself first. */
  addModule(name: string): readonly string[];
}

const FOLDER = "assets/";
const HASH_DIGITS = 16;
const JAVASCRIPT = "text/javascript; charset=utf-8";

export function createAssets(): Assets {
  const byName = new Map<string, Asset>();
  /** Modules that are there already: the path of each, followed by the paths of what it imports. */
  const modules = new Map<string, readonly string[]>();

  function add(name: string, asset: Asset): string {
    const dot = name.lastIndexOf(".");
    const hashed = `${name.slice(0, dot)}.${hash("sha256", asset.body).slice(0, HASH_DIGITS)}${name.slice(dot)}`;
    byName.set(hashed, asset);
    return `${FOLDER}${hashed}`;
  }

  // What a module imports comes first: its hash is part of the module's own text.
  function addModule(name: string): readonly string[] {
    const known = modules.get(name);
    if (known !== undefined) return known;
    const code = readModule(name);
    const imported = new Map(importsOf(code).map((other) => [other, addModule(other)] as const));
    const body = withImports(code, (other) => imported.get(other)?.[0]?.replace(FOLDER, "./") ?? other);
    const paths = [...new Set([add(`${name}.js`, { contentType: JAVASCRIPT, body }), ...[...imported.values()].flat()])];
    modules.set(name, paths);
    return paths;
  }

  return { get: (name) => byName.get(name), add, addModule };
}
