import { createHash } from "node:crypto";
import type { ContentCheck } from "../http/ranged-read.ts";
import { createOrderedHash, digestOf } from "../parts.ts";

/** The tag S3 gives an object that was uploaded in parts: MD5 of the parts' MD5s, and their number. */
export function multipartEtag(partMd5s: readonly string[]): string {
  const all = Buffer.from(partMd5s.join(""), "hex");
  return `${digestOf("md5", all)}-${partMd5s.length}`;
}

/**
 * A check of parts of `partBytes` against a tag: the MD5 of the object, or that of an upload in parts of the same size.
 * Undefined where the tag is neither (encrypted with a customer's key, or other parts), and nothing can be told.
 */
export function createEtagCheck(tag: string, partCount: number): ContentCheck | undefined {
  const bare = tag.replace(/^"|"$/g, "").toLowerCase();
  if (/^[0-9a-f]{32}$/.test(bare)) {
    const hash = createOrderedHash(createHash("md5"));
    return { add: hash.add, matches: () => hash.digest() === bare };
  }
  if (Number(/^[0-9a-f]{32}-(\d+)$/.exec(bare)?.[1]) !== partCount) return undefined;
  const md5s: string[] = [];
  return {
    add: (index, bytes) => {
      md5s[index] = digestOf("md5", bytes);
    },
    matches: () => multipartEtag(md5s) === bare,
  };
}
