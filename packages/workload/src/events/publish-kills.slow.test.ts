import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createStompBus } from "@almagest/messages";
import { missingForActiveMq, startActiveMq } from "@almagest/servers";
import { openWorkload } from "../manager/open-workload.ts";
import { publishEvents } from "./publish-events.ts";

const missing = missingForActiveMq();
const KILLS = 5;

test("manager and broker killed again and again: every committed line reaches a durable reader, a job's in order", {
  skip: missing === "" ? false : missing,
}, async (t) => {
  const broker = await startActiveMq();
  t.after(() => broker.stop());
  const folder = mkdtempSync(join(tmpdir(), "publish-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const place = join(folder, "workload.db");
  const { port, login, passcode } = broker;
  const there = { host: "127.0.0.1", port, login, passcode };
  const seen: { seq: number; jobid: number; status: string }[] = [];
  await using reader = await createStompBus({ ...there, clientId: "reader" });
  const options = { durable: "reader" };
  const take = (headers: Readonly<Record<string, string>>): void => {
    const { jobid, status } = headers;
    seen.push({ seq: Number(headers["almagest-seq"]), jobid: Number(jobid), status: status! });
  };
  await reader.subscribe("/topic/panda.jobstatus", ({ headers }) => take(headers), options);
  const program = join(import.meta.dirname, "../testing/publisher-main.ts");
  for (let kill = 0; kill < KILLS; kill++) {
    const words = [program, place, String(port), login, passcode];
    const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    await sleep(300 + 97 * kill);
    if (kill === 2) {
      await broker.kill();
      await broker.start();
      await sleep(500);
    }
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }
  await using manager = await openWorkload(place);
  await using bus = await createStompBus(there);
  const stop = new AbortController();
  const running = publishEvents(manager, bus, { pollMs: 10 }, stop.signal);
  const lines = (await manager.events(0, 1_000_000)).filter(({ subject }) => subject === "a");
  assert.ok(lines.length > 200, `only ${lines.length} lines`);
  const missed = (): number[] => {
    const got = new Set(seen.map(({ seq }) => seq));
    return lines.map(({ seq }) => seq).filter((seq) => !got.has(seq));
  };
  for (const end = performance.now() + 60_000; missed().length > 0 && performance.now() < end; )
    await sleep(50);
  stop.abort();
  await running;
  assert.deepEqual(missed(), []);
  const first = new Map(seen.toReversed().map((message) => [message.seq, message]));
  assert.equal(first.size, lines.length, "nothing that was not committed");
  for (const { seq, id, what } of lines) assert.deepEqual(first.get(seq), { seq, jobid: id, status: what });
  const orders = Map.groupBy(
    [...new Map(seen.map((message) => [message.seq, message])).values()],
    ({ jobid }) => jobid,
  );
  for (const messages of orders.values()) {
    const order = messages.map(({ seq }) => seq);
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
    );
  }
  t.diagnostic(
    `${lines.length} lines, ${seen.length} messages, ${KILLS} kills of the manager, one of the broker`,
  );
});
