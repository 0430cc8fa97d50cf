import assert from "node:assert/strict";
import { test } from "node:test";
import { startOidc } from "./oidc.ts";

test("the provider publishes its keys and gives tokens with groups", async (t) => {
  const server = await startOidc({ robot: { groups: ["rubin/pilot"], lifetimeSec: 60 } });
  t.after(() => server.stop());
  const [, body] = (await server.token("robot")).split(".");
  const claims = JSON.parse(Buffer.from(body!, "base64url").toString("utf8"));
  assert.deepEqual(claims["wlcg.groups"], ["/rubin/pilot"]);
  assert.equal(claims.exp - claims.iat, 60);
  await assert.rejects(server.token("stranger"));
});
