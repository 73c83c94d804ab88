import { hash } from "node:crypto";
import type { Asset } from "../core/site.ts";
import { bundle } from "./modules.ts";

/** Assets under names that change with their content, so that a browser may keep each permanently. */
export interface Assets {
  get(name: string): Asset | undefined;
  /** Adds a file, whose source is `name`, such as `style.css`; gives its path below the service's root. */
  add(name: string, asset: Asset): string;
  /** Adds a module of `browser/` with all that it imports; gives its path. */
  addModule(name: string): string;
}

const FOLDER = "assets/";
const HASH_DIGITS = 16;
const JAVASCRIPT = "text/javascript; charset=utf-8";

/** An empty set, to which pages add their assets. */
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
