import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createManualClock, isAlmagestError } from "@almagest/base";
import { startOidc } from "@almagest/servers";
import { statusOf } from "./authenticate.ts";
import { openLaptopIssuer } from "./laptop-issuer.ts";
import { readOrigin, requireOrigin } from "./origin.ts";
import { normaliseGroup, requireRole, rolesOf } from "./roles.ts";
import { createTokenVerifier } from "./token-verifier.ts";

const folder = mkdtempSync(join(tmpdir(), "identity-"));
after(() => rmSync(folder, { recursive: true }));

const GRANTS = [
  { group: "/rubin", roles: ["user"] as const },
  { group: "rubin/production", roles: ["production", "pilot"] as const },
];

test("a real provider's tokens are verified by its published keys, and their groups give roles", async (t) => {
  const provider = await startOidc({
    ada: { groups: ["rubin", "rubin/production"] },
    bob: { groups: ["rubin"] },
    eve: { groups: ["elsewhere"] },
  });
  t.after(() => provider.stop());
  const verify = createTokenVerifier([{ issuer: provider.issuer, grants: GRANTS }]);
  const ada = await verify(await provider.token("ada"));
  assert.equal(ada.subject, "ada");
  assert.deepEqual(ada.groups, ["rubin", "rubin/production"]);
  assert.deepEqual([...ada.roles].sort(), ["pilot", "production", "reader", "user"]);
  const bob = await verify(await provider.token("bob"));
  requireRole(bob, "user");
  assert.throws(() => requireRole(bob, "pilot"), { code: "IDENTITY.ROLE_MISSING" });
  assert.equal((await verify(await provider.token("eve"))).roles.size, 0);
  const wrongAudience = createTokenVerifier([
    { issuer: provider.issuer, audience: "https://elsewhere", grants: GRANTS },
  ]);
  await assert.rejects(wrongAudience(await provider.token("ada")), { code: "IDENTITY.TOKEN_INVALID" });
});

test("the laptop's issuer keeps its key, and its tokens expire", async () => {
  const clock = createManualClock(1_700_000_000_000);
  const [one, two] = await Promise.all([openLaptopIssuer(folder, clock), openLaptopIssuer(folder, clock)]);
  assert.deepEqual(one.keys, two.keys);
  assert.equal(statSync(join(folder, "issuer-key.json")).mode & 0o077, 0);
  assert.equal(JSON.stringify(one.keys).includes('"d"'), false);
  const token = await one.issue("ada", ["user"], 3600);
  const verify = createTokenVerifier([two.trust], clock);
  assert.deepEqual([...(await verify(token)).roles].sort(), ["reader", "user"]);
  clock.advance(3600_000 + 31_000);
  await assert.rejects(verify(token), { code: "IDENTITY.TOKEN_EXPIRED" });
});

test("a token that was changed, is unsigned, of a stranger or no token at all is refused", async () => {
  const clock = createManualClock(1_700_000_000_000);
  const issuer = await openLaptopIssuer(folder, clock);
  const stranger = await openLaptopIssuer(mkdtempSync(join(folder, "other-")), clock);
  const verify = createTokenVerifier([issuer.trust], clock);
  const [head, body, signature] = (await issuer.issue("bob", ["user"], 60)).split(".") as [
    string,
    string,
    string,
  ];
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = JSON.parse(Buffer.from(body, "base64url").toString("utf8"));
  const raised = encode({ ...claims, groups: ["operator"] });
  const bad = [
    `${head}.${raised}.${signature}`,
    `${encode({ alg: "none" })}.${raised}.`,
    `${encode({ alg: "HS256" })}.${raised}.${signature}`,
    await stranger.issue("bob", ["operator"], 60),
    "rubbish",
    "a.b.c",
    "",
  ];
  for (const token of bad) {
    await assert.rejects(verify(token), (error) => {
      assert.ok(isAlmagestError(error, "IDENTITY.TOKEN_INVALID"), String(error));
      assert.equal(statusOf(error), 401);
      if (token.length > 20) assert.ok(!JSON.stringify({ ...error, text: error.message }).includes(token));
      return true;
    });
  }
});

test("an issuer that changes its keys is followed, and what it withdrew is refused in time", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_800_000_000_000 });
  const [before, now] = await Promise.all(
    ["before-", "now-"].map((name) => openLaptopIssuer(mkdtempSync(join(folder, name)))),
  );
  let published = before!.keys;
  let fetched = 0;
  const server = createServer((_request, response) => {
    fetched++;
    response.setHeader("content-type", "application/json").end(JSON.stringify(published));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
  const verify = createTokenVerifier([{ issuer: "almagest:laptop", jwksUrl, grants: [] }]);
  const [old, fresh] = await Promise.all([before, now].map((issuer) => issuer!.issue("ada", [], 86_400)));
  assert.equal((await verify(old!)).subject, "ada");
  await assert.rejects(verify(fresh!), { code: "IDENTITY.TOKEN_INVALID" });
  assert.equal(fetched, 1, "an unknown key makes no flood of requests");
  published = now!.keys;
  t.mock.timers.setTime(Date.now() + 1001);
  assert.equal((await verify(fresh!)).subject, "ada");
  assert.equal(fetched, 2);
  await assert.rejects(verify(old!), { code: "IDENTITY.TOKEN_INVALID" });
  t.mock.timers.setTime(Date.now() + 601_000);
  await verify(fresh!);
  assert.equal(fetched, 3, "keys that are known are looked at again after ten minutes");
});

test("clocks may differ by half a minute, no more", async () => {
  const clock = createManualClock(1_700_000_000_000);
  const issuer = await openLaptopIssuer(folder, clock);
  const token = await issuer.issue("ada", [], 60);
  const at = (offsetMs: number): Promise<unknown> =>
    createTokenVerifier([issuer.trust], createManualClock(1_700_000_000_000 + offsetMs))(token);
  await at(60_000 + 29_000);
  await assert.rejects(at(60_000 + 31_000), { code: "IDENTITY.TOKEN_EXPIRED" });
  await at(-29_000);
});

test("keys that cannot be fetched are a passing fault, not a wrong token", async () => {
  const token = await (await openLaptopIssuer(folder)).issue("bob", ["user"], 60);
  const trust = { issuer: "almagest:laptop", jwksUrl: "http://127.0.0.1:9/jwks", grants: [] };
  await assert.rejects(createTokenVerifier([trust])(token), (error) => statusOf(error) === 503);
});

test("PanDA's Origin names a group of the caller's; a browser's is no group", () => {
  assert.equal(readOrigin("panda_dev.pilot"), "panda_dev/pilot");
  assert.equal(readOrigin("atlas:production"), "atlas/production");
  assert.equal(readOrigin("rubin"), "rubin");
  assert.equal(readOrigin("https://monitor.example"), undefined);
  const ada = { subject: "a", name: "a", issuer: "i", groups: ["rubin/pilot"], roles: new Set([]) };
  requireOrigin(ada, "rubin.pilot");
  requireOrigin(ada, "rubin");
  assert.throws(() => requireOrigin(ada, "rubin.production"), { code: "IDENTITY.GROUP_MISSING" });
});

test("groups are read as VOMS and WLCG write them, and cover what is below them", () => {
  assert.equal(normaliseGroup("/atlas/usatlas/Role=production/Capability=NULL"), "atlas/usatlas/production");
  assert.deepEqual([...rolesOf("x", ["rubin/dm"], GRANTS)], ["reader", "user"]);
  assert.equal(rolesOf("x", ["rubinesque"], GRANTS).size, 0);
  assert.ok(rolesOf("/CN=ada", [], [{ subject: "/CN=ada", roles: ["operator"] }]).has("production"));
});

test("issuers that open one folder at once sign with one key, and leave nothing else there", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "issuer-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const issuers = await Promise.all(Array.from({ length: 8 }, () => openLaptopIssuer(folder)));
  assert.equal(new Set(issuers.map(({ keys }) => keys.keys[0]!.kid)).size, 1);
  assert.deepEqual(readdirSync(folder), ["issuer-key.json"]);
});
