import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { delivery, send, startTestApp, type TestApp } from "../support/app.ts";
import { startService } from "../support/process.ts";
import { sharedApp } from "../support/shared-app.ts";

const PAGES = ["/", "/docs"];
const open = sharedApp();
const guarded = sharedApp({ env: { API_TOKEN: "t" } });

/** The paths of the assets that the HTML of a page loads; each must be relative. */
function loadedBy(html: string): readonly string[] {
  return Array.from(html.matchAll(/<(?:link|script)\b[^>]*\b(?:href|src)="([^"]+)"/g), ([, path = ""]) => {
    assert.match(path, /^\.\/assets\//);
    return new URL(path, "http://host/").pathname;
  });
}

async function pageOf(app: TestApp, path: string): Promise<string> {
  const response = await app.request(path);
  assert.equal(response.status, 200);
  return response.body;
}

for (const path of PAGES) {
  test(`GET ${path} needs no token, is HTML that no cache keeps, and may load only what the service serves`, async () => {
    const app = await guarded();
    const { status, headers } = await app.request(path);
    assert.equal(status, 200);
    assert.equal(headers["content-type"], "text/html; charset=utf-8");
    assert.equal(headers["cache-control"], "no-store");
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["referrer-policy"], "no-referrer");
    const policy = String(headers["content-security-policy"]).split("; ");
    for (const directive of [
      "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self' data:",
      "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
    ]) {
      assert.ok(policy.includes(directive), directive);
    }
    assert.doesNotMatch(policy.join(), /unsafe|\*|https?:/);
  });

  test(`GET ${path} has no inline scripts, styles or event handlers, and names no other host`, async () => {
    const html = await pageOf(await open(), path);
    assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:/i);
    assert.doesNotMatch(html, /(?:https?:)?\/\/[a-z]/i);
    assert.match(html, /<html lang="en">/);
    assert.match(html, /<meta name="viewport" content="width=device-width, initial-scale=1">/);
  });

  test(`each asset of ${path} exists, needs no token, is immutable, has its type, and is named after its content`, async () => {
    const app = await guarded();
    const paths = loadedBy(await pageOf(app, path));
    assert.ok(paths.length >= 4, String(paths));
    for (const asset of paths) {
      const { status, headers, body } = await app.request(asset);
      assert.equal(status, 200, asset);
      assert.equal(headers["cache-control"], "public, max-age=31536000, immutable", asset);
      assert.equal(headers["x-content-type-options"], "nosniff", asset);
      const [, digits, extension = ""] = /^\/assets\/[a-z0-9-]+\.([0-9a-f]{16})\.([a-z]+)$/.exec(asset) ?? [];
      assert.equal(digits, hash("sha256", body).slice(0, 16), asset);
      const types: Readonly<Record<string, string>> = { js: "text/javascript; charset=utf-8", css: "text/css; charset=utf-8", svg: "image/svg+xml" };
      assert.equal(headers["content-type"], types[extension], asset);
      assert.doesNotMatch(body, /\b(?:from |import |import\()"(?!\.\/)|sourceMappingURL|@import|url\(/, asset);
    }
  });

  test(`${path} loads one script, which imports nothing, and one style sheet`, async () => {
    const app = await open();
    const paths = loadedBy(await pageOf(app, path));
    const scripts = paths.filter((asset) => asset.endsWith(".js"));
    assert.equal(scripts.length, 1);
    assert.doesNotMatch((await app.request(scripts[0] ?? "")).body, /^(?:import|export)\b/m);
    assert.equal(paths.filter((asset) => asset.endsWith(".css") && !asset.includes("without-script")).length, 1);
  });

  for (const [accepted, coding] of [
    ["gzip, deflate, br", "br"], ["gzip", "gzip"], ["br;q=0.1, gzip;q=0.5", "gzip"], ["*", "br"], ["br;q=0, *", "gzip"], ["identity", undefined],
    ["gzip;q=0.2, identity;q=0.8", undefined], ["", undefined],
  ] as const) {
    test(`GET ${path} and its assets for a client that accepts "${accepted}": ${coding ?? "not compressed"}`, async () => {
      const app = await open();
      for (const target of [path, ...loadedBy(await pageOf(app, path))]) {
        const plain = await app.request(target);
        const response = await fetch(app.url + target, { headers: { "Accept-Encoding": accepted } });
        assert.equal(response.headers.get("content-encoding"), coding ?? null, target);
        assert.equal(response.headers.get("vary"), "Accept-Encoding", target);
        assert.equal(plain.headers["vary"], "Accept-Encoding", target);
        assert.ok(coding === undefined || plain.body.length < 500 || Number(response.headers.get("content-length")) < Number(plain.headers["content-length"]), target);
        assert.equal(await response.text(), plain.body, target);
      }
    });
  }
}

test("messages are never compressed, because a response mixes those of several senders", async (t) => {
  const app = await startTestApp(t);
  await app.deliver(delivery({ text: "a".repeat(4000) }));
  for (const target of ["/messages", "/messages?q=aaaa", "/messages/m1", "/messages?format=csv", "/stats"]) {
    const response = await fetch(app.url + target, { headers: { "Accept-Encoding": "gzip, br" } });
    assert.deepEqual([response.status, response.headers.get("content-encoding")], [200, null], target);
    await response.text();
  }
});

test("an asset with an unknown name or of older content is 404", async () => {
  const app = await open();
  for (const name of ["style.css", "style.0000000000000000.css", "..%2Fsite.ts", "%2E%2E%2Fmodules.ts", "constructor", "__proto__"]) {
    const response = await app.request(`/assets/${name}`);
    assert.deepEqual([response.status, response.headers["cache-control"], response.json], [404, "no-store", { detail: "not found" }], name);
  }
});

test("two services of the same version use the same asset names, so that either can serve the assets of a page", async (t) => {
  const [one, other] = [await open(), await startTestApp(t)];
  assert.equal(await pageOf(one, "/"), await pageOf(other, "/"));
});

test("a service that runs from its sources serves its scripts as JavaScript, without a warning", async (t) => {
  const service = await startService(t);
  const html = (await send(service.url, "/")).body;
  for (const asset of loadedBy(html).filter((path) => path.endsWith(".js"))) {
    assert.doesNotMatch((await send(service.url, asset)).body, /^import type|: readonly |^interface /m);
  }
  service.signal("SIGTERM");
  assert.deepEqual(await service.exited, { code: 0, signal: null });
  assert.equal(service.stderr(), "");
});
