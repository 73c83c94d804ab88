import { hash } from "node:crypto";
import type { Asset } from "../core/site.ts";
import { bundle } from "./modules.ts";

/** Assets under names that change with their content, so that a browser may keep each for good. */
export interface Assets {
  get(name: string): Asset | undefined;
  /** The path of a file below the root of the service; its name in the sources is `name`, such as `style.css`. */
  add(name: string, asset: Asset): string;
  /** The path of a module of `browser/` with all that it imports. */
  addModule(name: string): string;
}

const FOLDER = "assets/";
const HASH_DIGITS = 16;
const JAVASCRIPT = "text/javascript; charset=utf-8";

/** A set without assets, to which pages add theirs. */
export function createAssets(): Assets {
  const byName = new Map<string, Asset>();

  function add(name: string, asset: Asset): string {
    const dot = name.lastIndexOf(".");
    const hashed = `${name.slice(0, dot)}.${hash("sha256", asset.body).slice(0, HASH_DIGITS)}${name.slice(dot)}`;
    byName.set(hashed, asset);
    return `${FOLDER}${hashed}`;
  }

  const addModule = (name: string): string => add(`${name}.js`, { contentType: JAVASCRIPT, body: bundle(name) });

  return { get: (name) => byName.get(name), add, addModule };
}
