import { AlmagestError } from "@almagest/base";

/** What limits the cache: nothing, a number of files or datasets, bytes, or seconds since a file came in. */
export type CacheMode = "unlimited" | "disabled" | "files" | "datasets" | "size" | "age";

/** How remote files are kept on this machine: `datastore.cached` of `butler.yaml`. */
export interface CacheConfig {
  /** Folder, which may be shared between processes; a temporary one of this process where undefined. */
  readonly root: string | undefined;
  readonly mode: CacheMode;
  readonly threshold: number;
  /** Whether a dataset is kept that no entry of `cacheable` names. */
  readonly byDefault: boolean;
  /** By dataset type or storage class. */
  readonly cacheable: ReadonlyMap<string, boolean>;
}

const MODES: ReadonlySet<string> = new Set(["disabled", "files", "datasets", "size", "age"]);

type Environment = Readonly<Record<string, string | undefined>>;

function modeOf(value: unknown): CacheMode {
  if (value === null || value === undefined) return "unlimited";
  if (MODES.has(String(value))) return value as CacheMode;
  throw new AlmagestError(
    "BUTLER.REPOSITORY_INVALID",
    `The cache's expiry mode '${value}' is none of ${[...MODES].join(", ")}.`,
    { fields: { mode: value } },
  );
}

/**
 * The cache's configuration, completed as the original does: four datasets in a temporary folder, unless
 * `datastore.cached` or the environment (`DAF_BUTLER_CACHE_DIRECTORY`, `DAF_BUTLER_CACHE_EXPIRATION_MODE` as
 * `mode=threshold`) says otherwise. Throws `BUTLER.REPOSITORY_INVALID`.
 */
export function readCacheConfig(
  tree: Readonly<Record<string, unknown>> = {},
  env: Environment = process.env,
): CacheConfig {
  const expiry = (tree.expiry ?? { mode: "datasets", threshold: 4 }) as Readonly<Record<string, unknown>>;
  const outer = env.DAF_BUTLER_CACHE_EXPIRATION_MODE;
  const [mode, threshold] =
    outer === undefined || outer === ""
      ? [modeOf(expiry.mode), Number(expiry.threshold ?? 0)]
      : [
          modeOf(outer.split("=")[0] === "null" ? null : outer.split("=")[0]),
          Number(outer.split("=")[1] ?? 0),
        ];
  if (!Number.isFinite(threshold) || threshold < 0) {
    throw new AlmagestError("BUTLER.REPOSITORY_INVALID", `The cache's threshold must be a number: ${outer}.`);
  }
  const root = env.DAF_BUTLER_CACHE_DIRECTORY || tree.root || env.DAF_BUTLER_CACHE_DIRECTORY_IF_UNSET;
  const cacheable = new Map(
    Object.entries((tree.cacheable ?? {}) as Record<string, unknown>).map(([key, value]) => [
      key,
      value !== false,
    ]),
  );
  return {
    root: typeof root === "string" ? root : undefined,
    mode,
    threshold,
    byDefault: tree.default !== false,
    cacheable,
  };
}
