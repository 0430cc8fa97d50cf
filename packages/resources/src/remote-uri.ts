import { posix } from "node:path";
import { AlmagestError } from "@almagest/base";
import { isAbsoluteUri, resolveWithin, toLocalPath, uriScheme } from "./uri.ts";

/** True for a URI of another machine's store (or the memory's), false for a path or `file:` URI. */
export function isRemoteUri(uri: string): boolean {
  return uriScheme(uri) !== "file";
}

/** Percent-encodes a path's segments as `lsst.resources` does; slashes stay. */
export function encodePath(path: string): string {
  return path
    .split("/")
    .map((segment) =>
      encodeURIComponent(segment).replace(
        /[!'()*]/g,
        (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
      ),
    )
    .join("/");
}

/** Undoes percent-encoding; text that is not so encoded stays. */
export function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** A URI taken apart: everything before the path, and the decoded path without its first slash. */
export interface RemoteLocation {
  readonly scheme: string;
  /** `user@host:port`, as written. */
  readonly authority: string;
  readonly path: string;
}

/** Takes a remote URI apart. Throws `RESOURCES.URI_INVALID`. */
export function parseRemoteUri(uri: string): RemoteLocation {
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)(?:\/([^?#]*))?(?:[?#].*)?$/.exec(uri);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  if (match === null || /[\u0000-\u001f]|%00/.test(uri)) {
    throw new AlmagestError("RESOURCES.URI_INVALID", `Not a URI that can be used: '${uri}'.`, {
      fields: { uri },
    });
  }
  return { scheme: match[1]!.toLowerCase(), authority: match[2]!, path: decodePath(match[3] ?? "") };
}

/** Where a root-relative path is: a local path, or a URI below a remote root. Absolute paths and URIs stay as they are
 * (`file:` URIs become paths). Throws `RESOURCES.OUTSIDE` when the path leads out of the root. */
export function resolveLocation(root: string, path: string): string {
  if (isAbsoluteUri(path)) return isRemoteUri(path) ? path : toLocalPath(path);
  if (!isRemoteUri(root)) return resolveWithin(root, path);
  const inside = posix.normalize(path);
  if (inside.startsWith("../") || inside === ".." || inside.startsWith("/") || path.includes("\0")) {
    throw new AlmagestError("RESOURCES.OUTSIDE", `The path '${path}' leads out of ${root}.`, {
      fields: { root, path },
    });
  }
  return `${root.replace(/\/+$/, "")}/${encodePath(inside)}`;
}
