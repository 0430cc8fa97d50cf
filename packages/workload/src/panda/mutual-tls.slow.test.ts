import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Role } from "@almagest/identity";
import { type Credential, createCertificateAuthority } from "@almagest/servers";
import { openLogStore } from "../logs/log-store.ts";
import { openWorkload } from "../manager/open-workload.ts";
import { ROUTES, WITHOUT } from "../testing/routes.ts";
import { simpleQueue } from "../testing/simple-queue.ts";
import { startPandaServer } from "./server.ts";

/** The same key and name with a certificate that has run out. */
function expire(home: string, { key, subject }: Credential): Credential {
  const [csr, certificate] = [join(home, "late.csr"), join(home, "late.pem")];
  const openssl = (...words: string[]) => execFileSync("openssl", words, { stdio: "pipe" });
  openssl("req", "-new", "-key", key, "-out", csr, "-subj", subject);
  openssl(
    ...["x509", "-req", "-in", csr, "-CA", join(home, "ca.pem"), "-CAkey", join(home, "ca.key")],
    ...["-CAcreateserial", "-days", "-1", "-out", certificate],
  );
  return { key, subject, certificate };
}

test("client certificates over mutual TLS: every route refuses none, a stranger's, an expired one and one without the role", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "mutual-"));
  const [home, foreign] = [join(folder, "ca"), join(folder, "foreign")];
  for (const each of [home, foreign]) mkdirSync(each);
  const authority = createCertificateAuthority(home);
  const host = authority.issueHost();
  const roles = Object.keys(WITHOUT) as Role[];
  const people = new Map(roles.map((role) => [role, authority.issueUser(`Ada the ${role}`)]));
  const nobody = authority.issueUser("Nobody in particular");
  const stranger = createCertificateAuthority(foreign).issueUser("Ada the operator");
  const expired = expire(home, people.get("operator")!);
  const logged: string[] = [];
  const record = (message: string, fields?: Record<string, unknown>): void => {
    logged.push(JSON.stringify({ message, ...fields }));
  };
  const log = { debug: record, info: record, warn: record, error: record, child: () => log };
  const manager = await openWorkload(":memory:");
  await manager.defineQueue(simpleQueue("Q", "US"));
  const ca = readFileSync(authority.certificate);
  const logs = await openLogStore(":memory:");
  const server = await startPandaServer(manager, {
    log,
    cacheFolder: join(folder, "cache"),
    logs,
    tls: { ca, cert: readFileSync(host.certificate), key: readFileSync(host.key) },
    access: {
      certificates: [...people].map(([role, { subject }]) => ({ subject, roles: [role] })),
    },
  });
  const agents: Agent[] = [];
  t.after(async () => {
    for (const agent of agents) agent.destroy();
    await server.close();
    await manager.close();
    await logs[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });
  const agentOf = (who: Credential | undefined): Agent => {
    const own = who === undefined ? {} : { cert: readFileSync(who.certificate), key: readFileSync(who.key) };
    const agent = new Agent({ ca, keepAlive: true, ...own });
    agents.push(agent);
    return agent;
  };
  const ask = (path: string, method: string, agent: Agent): Promise<number> =>
    new Promise((resolve, reject) => {
      const sent = request(`${server.url}${path}`, { method, agent }, (response) => {
        response.resume().once("end", () => resolve(response.statusCode!));
      });
      sent.once("error", reject).end(method === "POST" ? "{}" : undefined);
    });
  const refused = [
    ["without a certificate", agentOf(undefined)],
    ["with a name nobody knows", agentOf(nobody)],
    ["with a known name that another authority signed", agentOf(stranger)],
    ["with an expired certificate", agentOf(expired)],
  ] as const;
  const asRole = new Map([...people].map(([role, who]) => [role, agentOf(who)]));
  for (const { method, path, needs, status = 200 } of ROUTES) {
    if (needs === "anyone") {
      assert.equal(await ask(path, method, refused[0][1]), 200, path);
      continue;
    }
    for (const [how, agent] of refused) assert.equal(await ask(path, method, agent), 401, `${path} ${how}`);
    for (const role of WITHOUT[needs]) {
      assert.equal(await ask(path, method, asRole.get(role)!), 403, `${path} as ${role}`);
    }
    assert.equal(await ask(path, method, asRole.get(needs)!), status, `${path} as ${needs}`);
  }
  assert.ok(logged.length > 100);
  assert.doesNotMatch(logged.join("\n"), /PRIVATE KEY|BEGIN CERTIFICATE/);
  t.diagnostic(`${ROUTES.length} routes`);
});
