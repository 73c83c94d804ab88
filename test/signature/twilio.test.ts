import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { describe, it } from "node:test";
import { createTwilioVerifier, type TwilioRequest } from "../../src/signature/twilio.ts";
import type { Verification } from "../../src/signature/verify.ts";

const AUTH_TOKEN = "12345";
const TARGET = "/myapp.php?foo=1&bar=2";
const CALL = { CallSid: "CA1234567890ABCDE", Digits: "1234", From: "+14158675309", To: "+18005551212", Caller: "+14158675309" };

function verify(publicUrl: string, signature: string | undefined, request: Partial<TwilioRequest> = {}): Verification {
  const headers = signature === undefined ? {} : { "x-twilio-signature": signature };
  return createTwilioVerifier(
    { authToken: AUTH_TOKEN, publicUrl },
    { nowMs: () => 0 },
  )({ target: TARGET, form: new URLSearchParams(CALL), headers, ...request });
}

/** Twilio's rule, written independently of the source. `parameters` is the text to append to the URL. */
function sign(url: string, parameters: string): string {
  return createHmac("sha1", AUTH_TOKEN)
    .update(url + parameters)
    .digest("base64");
}

function outcomeOf(verification: Verification): string {
  return verification.ok ? verification.secret : verification.reason;
}

const CALL_PARAMETERS = "CallSidCA1234567890ABCDECaller+14158675309Digits1234From+14158675309To+18005551212";

describe("the test vectors of Twilio's own libraries", () => {
  for (const [name, publicUrl, signature] of [
    ["the example of its documentation", "https://mycompany.com", "RSOYDt4T1cUTdK1PDd93/VVr8B8="],
    ["a port in the setting that was not signed", "https://mycompany.com:1234", "RSOYDt4T1cUTdK1PDd93/VVr8B8="],
    ["a port that was signed, with http", "http://mycompany.com:1234", "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="],
    ["the default port of https signed, but not in the setting", "https://mycompany.com", "kvajT1Ptam85bY51eRf/AJRuM3w="],
    ["the default port of http signed, but not in the setting", "http://mycompany.com", "0ZXoZLH/DfblKGATFgpif+LLRf4="],
    ["a user and a password", "https://user:pass@mycompany.com", "CukzLTc1tT5dXEDIHm/tKBanW10="],
    ["a user", "https://user@mycompany.com", "2YRLlVAflCqxaNicjMpJcSTgzSs="],
    ["a user and a password, with the port signed", "https://user:pass@mycompany.com", "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI="],
    ["a host in mixed case", "https://MyCompany.com", "g9IN/x4Cft2g517EjYvEvM/W7LU="],
    ["a host in mixed case with a port", "https://MyCompany.com:1234", "PCqOZm8cnu/L6+u5i5fuEd+Iac4="],
  ] as const) {
    it(name, () => assert.equal(outcomeOf(verify(publicUrl, signature)), "current"));
  }

  it("a repeated parameter", () => {
    const form = new URLSearchParams("Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234");
    assert.equal(outcomeOf(verify("https://mycompany.com", "IK+Dwps556ElfBT0I3Rgjkr1wJU=", { form })), "current");
  });
});

describe("X-Twilio-Signature", () => {
  for (const [name, url, target, form, signed] of [
    ["sorts names by code unit, upper case first", "https://a.example", "/w", "b=1&B=2&a=3", "B2a3b1"],
    ["signs the name of an empty value", "https://a.example", "/w", "Body=&A=1", "A1Body"],
    ["signs only the URL if there are no parameters", "https://a.example", "/w", "", ""],
    ["signs decoded values", "https://a.example", "/w", "Body=Hi+%26+bye%21+%F0%9F%91%8B", "BodyHi & bye! 👋"],
    ["signs the query as it was sent", "https://a.example", "/w?a=%27x%27&b=c+d", "A=1", "A1"],
    ["includes a path in the setting, which a proxy removes", "https://a.example/inbox", "/w", "A=1", "A1"],
    ["ignores a slash at the end of the setting", "https://a.example/inbox/", "/w", "A=1", "A1"],
    ["keeps the colons of an IPv6 address", "https://[2001:db8::1]", "/w", "A=1", "A1"],
  ] as const) {
    it(name, () => {
      const signature = sign(`${url.replace(/\/$/, "")}${target}`, signed);
      assert.equal(outcomeOf(verify(url, signature, { target, form: new URLSearchParams(form) })), "current");
    });
  }

  for (const [name, signature, expected] of [
    ["no header", undefined, "missing"],
    ["an empty header", "", "malformed"],
    ["hex", "4523980ede13d5c51374ad4f0ddf77fd556bf01f", "malformed"],
    ["32 bytes", `${"A".repeat(43)}=`, "malformed"],
    ["no padding", "RSOYDt4T1cUTdK1PDd93/VVr8B8", "malformed"],
    ["the header sent twice", "RSOYDt4T1cUTdK1PDd93/VVr8B8=, RSOYDt4T1cUTdK1PDd93/VVr8B8=", "malformed"],
    ["another signature", `${"A".repeat(27)}=`, "mismatch"],
    [
      "a signature with another token",
      createHmac("sha1", "54321").update(`https://mycompany.com${TARGET}${CALL_PARAMETERS}`).digest("base64"),
      "mismatch",
    ],
  ] as const) {
    it(`with ${name}: ${expected}`, () => assert.equal(outcomeOf(verify("https://mycompany.com", signature)), expected));
  }

  for (const [name, request] of [
    ["another value", { form: new URLSearchParams({ ...CALL, Digits: "1235" }) }],
    ["an additional parameter", { form: new URLSearchParams({ ...CALL, Extra: "" }) }],
    ["another query", { target: "/myapp.php?foo=1&bar=3" }],
    ["another path", { target: "/other.php?foo=1&bar=2" }],
  ] as const) {
    it(`refuses ${name}`, () =>
      assert.equal(outcomeOf(verify("https://mycompany.com", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", request)), "mismatch"));
  }
});

describe("the hint of an X-Twilio-Signature that does not match", () => {
  for (const [name, publicUrl, signedUrl] of [
    ["http instead of https", "http://a.example", `https://a.example${TARGET}`],
    ["https instead of http", "https://a.example", `http://a.example${TARGET}`],
    ["a setting with the whole URL", `https://a.example${TARGET}`, `https://a.example${TARGET}`],
    ["a setting with the endpoint", "https://a.example/myapp.php", `https://a.example${TARGET}`],
    ["a query that a proxy adds", "https://a.example", "https://a.example/myapp.php"],
    ["a slash that a proxy removes", "https://a.example", "https://a.example/myapp.php/?foo=1&bar=2"],
  ] as const) {
    it(`explains ${name}`, () => {
      const verification = verify(publicUrl, sign(signedUrl, CALL_PARAMETERS));
      assert.ok(!verification.ok && verification.hint !== undefined);
      assert.doesNotMatch(verification.hint, /a\.example|12345/);
    });
  }

  it("is searched for at most three times a second, and absent without a known cause", () => {
    const verifyAll = createTwilioVerifier({ authToken: AUTH_TOKEN, publicUrl: "http://a.example" }, { nowMs: () => 0 });
    const signature = sign(`https://a.example${TARGET}`, CALL_PARAMETERS);
    const request = { target: TARGET, form: new URLSearchParams(CALL), headers: { "x-twilio-signature": signature } };
    const explained = Array.from({ length: 5 }, () => verifyAll(request)).filter((verification) => "hint" in verification);
    assert.equal(explained.length, 3);
    assert.equal("hint" in verify("https://a.example", `${"A".repeat(27)}=`), false);
  });
});
