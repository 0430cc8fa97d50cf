import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { adler32 } from "../http/content-digest.ts";
import { findInNetrc, findWebIdentity } from "./web-identity.ts";

test("tokens are found where grid tools look, and never go in the clear", (t) => {
  const home = mkdtempSync(join(tmpdir(), "almagest-web-"));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const file = join(home, "token");
  writeFileSync(file, "from-file\n");
  writeFileSync(
    join(home, ".netrc"),
    "machine a.org\n  login me\n  password pw\ndefault login x password y\n",
  );
  const url = new URL("https://a.org/x");
  const ask = (env: Record<string, string>, to = url): string | undefined =>
    findWebIdentity({ HOME: home, ...env }).authorization(to);
  assert.equal(ask({ BEARER_TOKEN: "t" }), "Bearer t");
  assert.equal(ask({ BEARER_TOKEN_FILE: file }), "Bearer from-file");
  assert.equal(ask({ LSST_HTTP_AUTH_BEARER_TOKEN: file, BEARER_TOKEN: "t" }), "Bearer from-file");
  assert.equal(ask({}), `Basic ${Buffer.from("me:pw").toString("base64")}`);
  assert.equal(ask({}, new URL("https://u:p%40@b.org/")), `Basic ${Buffer.from("u:p@").toString("base64")}`);
  assert.equal(ask({ BEARER_TOKEN: "t" }, new URL("http://a.org/x")), undefined);
  assert.deepEqual(findInNetrc("machine b login q password r", "a.org"), undefined);
  assert.deepEqual(
    findInNetrc("# machine a.org\nmachine b login q password r\ndefault login d password e", "a.org"),
    {
      user: "d",
      password: "e",
    },
  );
});

test("Adler-32 of known texts, whole and in pieces", () => {
  assert.equal(adler32(Buffer.from("Wikipedia")), 0x11e60398);
  assert.equal(adler32(new Uint8Array(0)), 1);
  const bytes = Buffer.alloc(100_000, 255);
  assert.equal(adler32(bytes.subarray(70_001), adler32(bytes.subarray(0, 70_001))), adler32(bytes));
});
