import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { missingForArc, startArc } from "./arc.ts";
import type { Credential } from "./certificate-authority.ts";
import { waitUntil } from "./daemon.ts";

const missing = missingForArc();

test("an ARC takes a job by REST, has Slurm run it as an ordinary user, and gives its output; strangers are refused", {
  skip: missing === "" ? false : missing,
}, async (t) => {
  const site = await startArc({ nodes: 1 });
  t.after(() => site.stop());
  const ca = readFileSync(site.authority.certificate);
  const call = (
    who: Credential,
    method: string,
    path: string,
    type = "application/json",
    body = "",
  ): Promise<{ status: number; body: string }> =>
    new Promise((resolve, reject) => {
      const headers = { accept: "application/json", "content-type": type };
      const [cert, key] = [readFileSync(who.certificate), readFileSync(who.key)];
      request(`${site.url}${path}`, { ca, cert, key, method, headers }, async (reply) => {
        resolve({ status: reply.statusCode!, body: await text(reply) });
      })
        .on("error", reject)
        .end(body);
    });
  const job = `&(executable="/bin/sh")(arguments="-c" "echo $(id -un) on $SLURMD_NODENAME")(jobname="one")
    (queue="${site.queue}")(memory=100)(walltime="5")(stdout="stdout")(stderr="stderr")(outputfiles=("stdout" ""))`;
  const refused = await call(site.stranger, "POST", "/jobs?action=new", "application/rsl", job);
  assert.notEqual(refused.status, 201);
  const taken = await call(site.user, "POST", "/jobs?action=new", "application/rsl", job);
  assert.equal(taken.status, 201, taken.body);
  const { id } = (JSON.parse(taken.body) as { job: { id: string } }).job;
  let state = "";
  await waitUntil(async () => {
    const { body } = await call(
      site.user,
      "POST",
      "/jobs?action=status",
      undefined,
      JSON.stringify({ job: [{ id }] }),
    );
    ({ state } = (JSON.parse(body) as { job: { state: string } }).job);
    return state === "FINISHED" || state === "FAILED";
  }, "the job's end");
  const why = await Promise.all(
    ["failed", "errors"].map((name) => call(site.user, "GET", `/jobs/${id}/diagnose/${name}`)),
  );
  assert.equal(state, "FINISHED", why.map(({ body }) => body).join("\n"));
  assert.equal((await call(site.user, "GET", `/jobs/${id}/session/stdout`)).body, `${site.account} on n1\n`);
  const port = new URL(site.url).port;
  const listening = execFileSync("ss", ["-ltnH"], { encoding: "utf8" }).split("\n");
  const own = listening.filter((line) => line.includes(`:${port} `));
  assert.ok(own.length === 1 && own[0]!.includes(`127.0.0.1:${port} `), own.join("\n"));
});
