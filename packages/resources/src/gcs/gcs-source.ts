import { AlmagestError } from "@almagest/base";
import { createDigestCheck } from "../http/content-digest.ts";
import type { HttpSource } from "../http/ranged-read.ts";
import { type GcsClient, type GcsTarget, objectPath, refusal } from "./gcs-client.ts";

/** An object of Google Cloud Storage as something to read: parts are of one generation, and checked against its MD5 or, of a
 * composite object, its CRC32C. */
export function createGcsSource(client: GcsClient, target: GcsTarget): HttpSource {
  const name = `gs://${target.bucket}/${target.key}`;
  let generation: string | undefined;
  return {
    get: async (headers, verify) => {
      const isFirst = headers.range === undefined || headers.range.startsWith("bytes=0-");
      const { "if-match": _, ...rest } = headers;
      const query = {
        alt: "media",
        ...(isFirst || generation === undefined ? {} : { ifGenerationMatch: generation }),
      };
      const reply = await client.send(
        { method: "GET", path: objectPath(target), query, headers: rest },
        verify,
      );
      if (isFirst) generation = reply.headers["x-goog-generation"];
      return reply;
    },
    refusal: (reply) => refusal(reply, `GET ${name}`),
    changed: (what) =>
      new AlmagestError("RESOURCES.CHANGED", `${name} ${what}.`, { fields: { ...target }, retryable: true }),
    createCheck: (headers) => {
      // Stored compressed and sent unpacked, its checksums are those of other bytes.
      if (headers["x-goog-stored-content-encoding"] === "gzip") return undefined;
      const digests = headers["x-goog-hash"]?.split(",").map((digest) => digest.trim());
      const best = digests?.find((digest) => digest.startsWith("md5=")) ?? digests?.[0];
      return createDigestCheck(best);
    },
  };
}
