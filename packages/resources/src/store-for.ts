import { AlmagestError } from "@almagest/base";
import { createFileStore } from "./file-store.ts";
import { createMemoryStore } from "./memory-store.ts";
import type { ResourceStore } from "./resource-store.ts";
import { uriScheme } from "./uri.ts";

type Opener = () => ResourceStore | Promise<ResourceStore>;

/** What opens the store of a scheme. Code of remote ones is loaded at their first use: other commands start fast. */
const OPENERS: ReadonlyMap<string, Opener> = new Map<string, Opener>([
  ["file", createFileStore],
  ["mem", createMemoryStore],
  ...["https", "http", "davs", "dav"].map((scheme): [string, Opener] => [
    scheme,
    async () => (await import("./webdav/webdav-store.ts")).createWebdavStore(),
  ]),
  ["s3", async () => (await import("./s3/s3-store.ts")).createS3Store()],
  ["gs", async () => (await import("./gcs/gcs-store.ts")).createGcsStore()],
]);

const opened = new Map<string, Promise<ResourceStore>>();

/** True for a scheme that some store serves, other than files. */
export function isRemoteScheme(scheme: string): boolean {
  return scheme !== "file" && OPENERS.has(scheme);
}

/** The store that serves a URI, one for each scheme in this process. Throws `RESOURCES.SCHEME_UNKNOWN`. */
export function storeFor(uri: string): Promise<ResourceStore> {
  const scheme = uriScheme(uri);
  const known = opened.get(scheme);
  if (known !== undefined) return known;
  const opener = OPENERS.get(scheme);
  if (opener === undefined) {
    throw new AlmagestError(
      "RESOURCES.SCHEME_UNKNOWN",
      `No store serves '${scheme}' (${uri}); there are ${[...OPENERS.keys()].join(", ")}.`,
      { fields: { uri, scheme } },
    );
  }
  const store = Promise.resolve(opener());
  opened.set(scheme, store);
  return store;
}
