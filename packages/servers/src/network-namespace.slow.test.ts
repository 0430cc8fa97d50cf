import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { test } from "node:test";
import { createNamespace, missingForNamespace } from "./network-namespace.ts";

const missing = missingForNamespace();

test("what runs inside a namespace reaches this machine, hears nothing while the cable is cut, and again after", {
  skip: missing === "" ? false : missing,
}, async (t) => {
  const space = createNamespace();
  t.after(() => space.remove());
  const { address, inside } = space;
  const server = createServer((socket) => socket.destroy()).listen(0, address);
  t.after(() => server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  /** The exit code of a program inside that connects to the server; 124 when it was not answered within a second. */
  const reach = async (): Promise<number> => {
    const words = [...inside, "timeout", "1", "bash", "-c", `exec 3<>/dev/tcp/${address}/${port}`];
    const [code] = await once(spawn(words[0]!, words.slice(1), { stdio: "ignore" }), "exit");
    return code as number;
  };
  assert.equal(await reach(), 0);
  space.cut();
  assert.equal(await reach(), 124);
  space.heal();
  assert.equal(await reach(), 0);
});
