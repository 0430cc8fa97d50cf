import { isAbsolute, join, normalize, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { AlmagestError } from "@almagest/base";

/** Scheme of a URI, lower case; `file` for a plain path. */
export function uriScheme(uri: string): string {
  return /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(uri)?.[1]?.toLowerCase() ?? "file";
}

/** Local path of a plain path or `file:` URI. Throws `RESOURCES.URI_INVALID`. */
export function toLocalPath(uri: string): string {
  if (uri.includes("\0") || /^file:.*%00/i.test(uri)) {
    throw new AlmagestError("RESOURCES.URI_INVALID", "A path holds a NUL character.", { fields: { uri } });
  }
  if (!uri.toLowerCase().startsWith("file:")) return resolve(uri);
  try {
    return fileURLToPath(uri);
  } catch (cause) {
    throw new AlmagestError("RESOURCES.URI_INVALID", `Not a local file URI: ${uri}.`, {
      cause,
      fields: { uri },
    });
  }
}

/** The `file:` URI of a local path. */
export function toFileUri(path: string): string {
  return pathToFileURL(path).href;
}

/** True for an absolute path or a URI with a scheme. */
export function isAbsoluteUri(uri: string): boolean {
  return isAbsolute(uri) || /^[A-Za-z][A-Za-z0-9+.-]*:/.test(uri);
}

/** Paths that nothing can be resolved in, unless they hold two dots. */
const PLAIN_PATH = /^(?:[\w=+#][\w.=+#-]*\/)*[\w=+#][\w.=+#-]*$/;
/** Asked for in a row, the root is nearly always the same. */
let latestRoot: readonly [given: string, base: string] = ["", ""];

/** Joins a relative path to a local root. Throws `RESOURCES.OUTSIDE` when the result would leave it. */
export function resolveWithin(root: string, path: string): string {
  const base = root === latestRoot[0] ? latestRoot[1] : resolve(root);
  latestRoot = [root, base];
  if (PLAIN_PATH.test(path) && !path.includes("..") && base !== sep) return base + sep + path;
  const full = normalize(join(base, path));
  if (path.includes("\0") || (full !== base && !full.startsWith(base.endsWith(sep) ? base : base + sep))) {
    throw new AlmagestError("RESOURCES.OUTSIDE", `The path '${path}' leads out of ${base}.`, {
      fields: { root: base, path },
    });
  }
  return full;
}
