import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type ActiveMqServer, missingForActiveMq, startActiveMq } from "@almagest/servers";
import { createLocalBus } from "./local-bus.ts";
import type { Message, MessageBus } from "./message-bus.ts";
import { createStompBus } from "./stomp-bus.ts";

const missing = missingForActiveMq();
const skip = missing === "" ? false : missing;
let broker: ActiveMqServer | undefined;
before(async () => {
  if (missing === "") broker = await startActiveMq();
});
after(() => broker?.stop());

const connect = (clientId?: string): Promise<MessageBus> => {
  const { port, login, passcode } = broker!;
  return createStompBus({
    host: "127.0.0.1",
    port,
    login,
    passcode,
    ...(clientId === undefined ? {} : { clientId }),
  });
};
const message = (destination: string, body: string): Message => ({
  destination,
  headers: { kind: "job" },
  body,
});

async function until(check: () => boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!check()) {
    assert.ok(performance.now() < end, "it did not come");
    await sleep(10);
  }
}

for (const [name, open] of [
  ["in a process", async () => createLocalBus()],
  ["over STOMP", () => connect()],
] as const) {
  test(`${name}: a topic reaches all, a queue one, in order`, {
    skip: name === "over STOMP" && skip,
  }, async () => {
    await using bus = await open();
    const got: string[][] = [[], [], [], []];
    for (const index of [0, 1]) await bus.subscribe("/topic/t", ({ body }) => void got[index]!.push(body));
    for (const index of [2, 3]) await bus.subscribe("/queue/q", ({ body }) => void got[index]!.push(body));
    const bodies = Array.from({ length: 20 }, (_, index) => `${index}: ü\n`);
    for (const body of bodies) {
      await bus.publish(message("/topic/t", body));
      await bus.publish(message("/queue/q", body));
    }
    await until(() => got.flat().length === 60);
    assert.deepEqual(got[0], bodies);
    assert.deepEqual(got[1], bodies);
    assert.deepEqual([...got[2]!, ...got[3]!].sort(), [...bodies].sort());
    assert.ok(got[2]!.length > 0 && got[3]!.length > 0);
  });
}

test("a durable subscription gets what was published while it was away; the broker's death loses nothing", {
  skip,
}, async () => {
  const seen: string[] = [];
  const listen = async (bus: MessageBus) =>
    bus.subscribe("/topic/durable", ({ body }) => void seen.push(body), { durable: "monitor" });
  const first = await connect("monitor");
  await listen(first);
  await first[Symbol.asyncDispose]();
  await using publisher = await connect();
  await publisher.publish(message("/topic/durable", "while away"));
  await broker!.kill();
  const later = publisher.publish(message("/topic/durable", "while dead"));
  await broker!.start();
  await later;
  await using second = await connect("monitor");
  await listen(second);
  await until(() => seen.length >= 2);
  assert.deepEqual([...new Set(seen)], ["while away", "while dead"]);
  // A listener lives through the broker's death as well.
  await broker!.kill();
  await broker!.start();
  await publisher.publish(message("/topic/durable", "after"));
  await until(() => seen.includes("after"));
});

test("a message whose handler failed comes again, before those behind it", { skip }, async () => {
  await using bus = await connect();
  const seen: string[] = [];
  let failed = false;
  await bus.subscribe("/queue/again", ({ body }) => {
    if (body === "one" && !failed) {
      failed = true;
      throw new Error("not now");
    }
    seen.push(body);
  });
  for (const body of ["one", "two", "three"]) await bus.publish(message("/queue/again", body));
  await until(() => seen.length === 3);
  assert.deepEqual(seen, ["one", "two", "three"]);
});

test("a wrong password is refused, without the password in the error; nobody there is told as such", {
  skip,
}, async () => {
  const { port, login } = broker!;
  await assert.rejects(
    createStompBus({ host: "127.0.0.1", port, login, passcode: "guess-42" }),
    (error: Error) => {
      assert.equal((error as { code?: string }).code, "MESSAGES.REFUSED");
      assert.ok(!String(error.stack).includes("guess-42") && !error.message.includes("guess-42"));
      return true;
    },
  );
  await assert.rejects(createStompBus({ host: "127.0.0.1", port: 1 }), { code: "MESSAGES.UNREACHABLE" });
});
