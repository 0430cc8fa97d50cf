import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { PilotClient } from "./pilot-client.ts";

test("a call that nobody answers, as behind a network that was cut, is sent again under the same request id", async (t) => {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const part of request) text += part;
    asked.push((JSON.parse(text) as { request_id: string }).request_id);
    if (asked.length > 1)
      response.end('{"success": true, "message": "", "data": {"jobs": [{"almagest": {"attemptId": 5}}]}}');
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new PilotClient({ url, answerMs: 100 });
  const orders = await client.acquire({ site_name: "Q", request_id: "r1" }, new AbortController().signal);
  assert.deepEqual(orders, [{ attemptId: 5 }]);
  // More often where the machine is too busy to answer in time.
  assert.ok(asked.length > 1 && asked.every((id) => id === "r1"), asked.join());
});
