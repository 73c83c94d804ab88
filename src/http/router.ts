import { malformedPath, methodNotAllowed, notFoundNear, REFUSALS } from "../api/refusals.ts";
import type { Refusal } from "../core/outcome.ts";
import type { Route } from "./message.ts";
import { createNearestRoute } from "./nearest-route.ts";

export type Match =
  | { readonly kind: "route"; readonly route: Route; readonly parameter: string }
  | { readonly kind: "options"; readonly path: string; readonly allow: string }
  | { readonly kind: "refusal"; readonly path: string | undefined; readonly access: Route["access"]; readonly refusal: Refusal };

/** `path` is the request target's path, not decoded. `HEAD` is served wherever `GET` is. */
export type Router = (method: string, path: string) => Match;

interface Resource {
  readonly path: string;
  readonly methods: ReadonlyMap<string, Route>;
  readonly allow: string;
}

/**
 * Pure matching against the table of routes: a route, 404, or 405 with `Allow` (RFC 9110, section 15.5.6). A trailing slash makes
 * no difference; a 404 names the closest route.
 */
export function createRouter(routes: readonly Route[]): Router {
  const literal = new Map<string, Resource>();
  const parametric: { readonly prefix: string; readonly suffix: string; readonly resource: Resource }[] = [];
  for (const [path, ofPath] of Map.groupBy(routes, (route) => route.path)) {
    const resource = createResource(path, ofPath);
    const brace = path.indexOf("{");
    if (brace === -1) literal.set(path, resource);
    else parametric.push({ prefix: path.slice(0, brace), suffix: path.slice(path.indexOf("}") + 1), resource });
  }
  const everything = [...new Set([...literal.values(), ...parametric.map((entry) => entry.resource)].flatMap((r) => r.allow.split(", ")))];

  const nearest = createNearestRoute([...Map.groupBy(routes, (route) => route.path).keys()]);

  return (method, given) => {
    const path = given !== "/" && given !== "//" && given.endsWith("/") ? given.slice(0, -1) : given;
    const resource = literal.get(path);
    if (resource !== undefined) return select(resource, method, "");
    if (given === "*" && method === "OPTIONS") return { kind: "options", path: given, allow: everything.join(", ") };
    for (const { prefix, suffix, resource: candidate } of parametric) {
      if (!path.startsWith(prefix) || !path.endsWith(suffix) || path.length < prefix.length + suffix.length) continue;
      const segment = path.slice(prefix.length, path.length - suffix.length);
      if (segment === "" || segment.includes("/")) continue;
      return select(candidate, method, segment);
    }
    const near = nearest(given);
    const refusal = near === undefined ? REFUSALS.notFound : notFoundNear(near);
    return { kind: "refusal", path: undefined, access: "open", refusal };
  };
}

function createResource(path: string, routes: readonly Route[]): Resource {
  const methods = new Map<string, Route>(routes.map((route) => [route.method, route]));
  const get = methods.get("GET");
  if (get !== undefined) methods.set("HEAD", get);
  return { path, methods, allow: [...methods.keys(), "OPTIONS"].sort().join(", ") };
}

function select(resource: Resource, method: string, segment: string): Match {
  const { path, allow } = resource;
  if (method === "OPTIONS") return { kind: "options", path, allow };
  const route = resource.methods.get(method);
  if (route === undefined) return { kind: "refusal", path, access: "open", refusal: methodNotAllowed(allow) };
  if (segment === "") return { kind: "route", route, parameter: "" };
  try {
    return { kind: "route", route, parameter: decodeURIComponent(segment) };
  } catch {
    const name = path.slice(path.indexOf("{") + 1, path.indexOf("}"));
    return { kind: "refusal", path, access: route.access, refusal: malformedPath(name) };
  }
}
