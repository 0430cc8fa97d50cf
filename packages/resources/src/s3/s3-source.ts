import { AlmagestError } from "@almagest/base";
import type { HttpSource } from "../http/ranged-read.ts";
import { createEtagCheck } from "./etag.ts";
import { refusal, type S3Client } from "./s3-client.ts";

/** An S3 object as something to read, checked against its entity tag. */
export function createS3Source(
  client: S3Client,
  target: { readonly bucket: string; readonly key: string },
): HttpSource {
  const request = { method: "GET", ...target };
  return {
    get: (headers, verify) =>
      client.send({ ...request, headers, ...(verify === undefined ? {} : { verify }) }),
    refusal: (reply) => refusal(reply, request),
    changed: (what) =>
      new AlmagestError("RESOURCES.CHANGED", `s3://${target.bucket}/${target.key} ${what}.`, {
        fields: { ...target },
        retryable: true,
      }),
    createCheck: ({ etag }, partCount) => (etag === undefined ? undefined : createEtagCheck(etag, partCount)),
  };
}
