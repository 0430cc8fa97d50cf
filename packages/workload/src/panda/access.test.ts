import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createManualClock } from "@almagest/base";
import { createTokenVerifier, openLaptopIssuer, type Role } from "@almagest/identity";
import { openLogStore } from "../logs/log-store.ts";
import { openWorkload } from "../manager/open-workload.ts";
import { ROUTES, type Route, WITHOUT } from "../testing/routes.ts";
import { simpleQueue } from "../testing/simple-queue.ts";
import { startPandaServer } from "./server.ts";

test("every route refuses no, wrong, expired and insufficient credentials, and lets the right role in", async (t) => {
  const clock = createManualClock(1_700_000_000_000);
  const folder = mkdtempSync(join(tmpdir(), "access-"));
  const [issuer, stranger] = [
    await openLaptopIssuer(folder, clock),
    await openLaptopIssuer(mkdtempSync(join(folder, "x")), clock),
  ];
  const manager = await openWorkload(":memory:", { clock });
  await manager.defineQueue(simpleQueue("Q", "US"));
  const logged: string[] = [];
  const record = (message: string, fields?: Record<string, unknown>): void => {
    logged.push(JSON.stringify({ message, ...fields }));
  };
  const log = { debug: record, info: record, warn: record, error: record, child: () => log };
  const logs = await openLogStore(":memory:");
  const server = await startPandaServer(manager, {
    log,
    cacheFolder: join(folder, "cache"),
    logs,
    access: { verify: createTokenVerifier([issuer.trust], clock) },
  });
  t.after(async () => {
    await server.close();
    await manager.close();
    await logs[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });
  const expired = await issuer.issue("late", ["operator", "pilot"], 1);
  clock.advance(3_600_000);
  const tokens = new Map<Role, string>();
  for (const role of Object.keys(WITHOUT) as Role[]) tokens.set(role, await issuer.issue(role, [role], 3600));
  const foreign = await stranger.issue("eve", ["operator", "pilot"], 3600);
  const ask = async ({ method, path }: Route, headers: Record<string, string>): Promise<number> => {
    const response = await fetch(`${server.url}${path}`, {
      method,
      headers,
      ...(method === "POST" ? { body: "{}" } : {}),
    });
    await response.text();
    return response.status;
  };
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  for (const route of ROUTES) {
    const { needs, path, status = 200 } = route;
    if (needs === "anyone") {
      assert.equal(await ask(route, {}), 200, path);
      continue;
    }
    assert.equal(await ask(route, {}), 401, `${path} without credentials`);
    assert.equal(await ask(route, bearer("rubbish")), 401, `${path} with rubbish`);
    assert.equal(await ask(route, { authorization: "Basic YTpi" }), 401, `${path} with a password`);
    assert.equal(await ask(route, bearer(foreign)), 401, `${path} with a stranger's token`);
    assert.equal(await ask(route, bearer(expired)), 401, `${path} with an expired token`);
    for (const role of WITHOUT[needs]) {
      assert.equal(await ask(route, bearer(tokens.get(role)!)), 403, `${path} as ${role}`);
    }
    const origin = { ...bearer(tokens.get(needs)!), origin: "elsewhere.production" };
    assert.equal(await ask(route, origin), 403, `${path} for another's group`);
    assert.equal(await ask(route, bearer(tokens.get(needs)!)), status, `${path} as ${needs}`);
  }
  assert.ok(ROUTES.length > 30);
  const text = logged.join("\n");
  for (const token of [foreign, expired, ...tokens.values()])
    assert.ok(!text.includes(token), "a token in the log");
});

test("a user changes what is its own; another's needs the role production", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "access-"));
  const issuer = await openLaptopIssuer(folder);
  const manager = await openWorkload(":memory:");
  const server = await startPandaServer(manager, { access: { verify: createTokenVerifier([issuer.trust]) } });
  t.after(async () => {
    await server.close();
    await manager.close();
    rmSync(folder, { recursive: true });
  });
  const post = async (path: string, who: string, role: Role, body: string) => {
    const headers = { authorization: `Bearer ${await issuer.issue(who, [role], 60)}` };
    const response = await fetch(`${server.url}/api/v1/workload/${path}`, { method: "POST", headers, body });
    return {
      status: response.status,
      reply: (await response.json()) as { success: boolean; data: { workflowId: number } },
    };
  };
  const head = { key: "k", name: "w", jobCount: 1, tasks: [{ label: "a" }] };
  const { reply } = await post("submit", "ada", "user", `${JSON.stringify(head)}\n{"name":"j","task":"a"}\n`);
  const control = JSON.stringify({ kind: "workflow", id: reply.data.workflowId, command: "pause" });
  assert.equal((await post("control", "bob", "user", control)).status, 403);
  assert.equal((await post("control", "ada", "user", control)).reply.success, true);
  assert.equal((await post("control", "bob", "production", control)).reply.success, true);
});
