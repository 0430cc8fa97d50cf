import { createHash } from "node:crypto";

/** Namespace of the revisions' version 5 UUIDs: that of `lsst.org` among domain names. */
const NAMESPACE = Buffer.from("840b31d905cd5161b2c800d32b280d0f", "hex");

/** The revision by which `daf_butler_migrate` knows a version of a part of the schema: the last 12 digits of the name's UUID. */
export function revisionOf(tree: string, className: string, version: string): string {
  const name = [tree, className.split(".").at(-1), version].join("-");
  return createHash("sha1").update(NAMESPACE).update(name).digest("hex").slice(20, 32);
}
