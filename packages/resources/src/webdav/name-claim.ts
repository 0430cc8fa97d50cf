import { randomBytes, randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { AlmagestError } from "@almagest/base";
import { type SendWeb, webRefusal } from "./webdav-client.ts";
import { listWebdav } from "./webdav-list.ts";

/** Claims older than this were left by killed processes. */
const STALE_MS = 120_000;
const ROUNDS = 40;

/**
 * Runs `work` while nobody else of this protocol writes to the name. XRootD 5.5 moves onto an existing name also where
 * `Overwrite: F` forbids it, and has no other conditional request. So each writer puts a claim into a folder beside the
 * name and goes on only when it then sees no other claim there: of two, at least one sees the other's. Who is not alone
 * takes the claim back and tries again after a random while. Throws `RESOURCES.UNAVAILABLE` where the name stays contested.
 */
export async function withNameClaim<T>(send: SendWeb, url: string, work: () => Promise<T>): Promise<T> {
  const slash = url.lastIndexOf("/") + 1;
  const folder = `${url.slice(0, slash)}.${url.slice(slash, slash + 120).replace(/%.?$/, "")}.claims.part/`;
  for (let round = 0; round < ROUNDS; round++) {
    const claim = folder + randomBytes(8).toString("hex");
    const request = { method: "PUT", url: claim, body: new TextEncoder().encode("claim") };
    const reply = await send(request);
    // The folder may be gone between its making and this: the next round makes it anew.
    if (reply.status >= 300 && reply.status !== 404 && reply.status !== 409) throw webRefusal(request, reply);
    try {
      if (reply.status < 300 && (await isAlone(send, folder, claim))) return await work();
    } finally {
      await send({ method: "DELETE", url: claim });
      await send({ method: "DELETE", url: folder });
    }
    await sleep(randomInt(5, 20 * (1 + Math.min(round, 10))));
  }
  throw new AlmagestError("RESOURCES.UNAVAILABLE", `Many writers contend for ${url}; try again.`, {
    fields: { url },
    retryable: true,
  });
}

async function isAlone(send: SendWeb, folder: string, own: string): Promise<boolean> {
  let mine = false;
  for await (const { uri, modifiedMs = Date.now() } of listWebdav(send, folder, folder)) {
    if (uri === own) mine = true;
    else if (Date.now() - modifiedMs < STALE_MS) return false;
    else await send({ method: "DELETE", url: uri });
  }
  return mine;
}
