import { resolve } from "node:path";
import { AlmagestError, isAlmagestError } from "@almagest/base";
import { decodePath, encodePath, isRemoteUri, storeFor, toLocalPath } from "@almagest/resources";
import type { CacheConfig } from "../datastore/cache-config.ts";
import type { TemplateTable } from "../datastore/dataset-files.ts";
import {
  type DatastoreConfig,
  type FileDatastoreConfig,
  readDatastores,
} from "../datastore/datastore-config.ts";
import { parseYaml } from "../formatters/yaml-formatter.ts";
import type { Composites } from "../storage-classes/composites.ts";
import type { StorageClassConfig } from "../storage-classes/storage-class.ts";

/** The parts of `butler.yaml` that give a repository its meaning. */
export interface ButlerConfig {
  /** Folder of the configuration, or its `root` entry. */
  readonly root: string;
  /** Folder of the datastore. */
  readonly datastoreRoot: string;
  readonly datastoreName: string;
  readonly fileTable: string;
  /** Path of the SQLite file, or a `postgresql:` URL. */
  readonly database: string;
  readonly namespace: string | undefined;
  readonly templates: TemplateTable;
  readonly checksum: boolean;
  readonly composites: Composites;
  /** What writes which datasets, as written. */
  readonly formatters: Readonly<Record<string, unknown>>;
  /** How remote files are kept on this machine. */
  readonly cache: CacheConfig;
  /** Storage classes that the repository adds to the standard ones. */
  readonly storageClasses: Readonly<Record<string, StorageClassConfig>>;
  /** All datastores in their order, roots absolute; what stands above is that of the first with files. */
  readonly datastores: readonly DatastoreConfig[];
}

type Tree = Readonly<Record<string, unknown>>;

function invalid(path: string, problem: string, cause?: unknown): AlmagestError {
  return new AlmagestError("BUTLER.REPOSITORY_INVALID", `${path}: ${problem}.`, {
    ...(cause === undefined ? {} : { cause }),
    fields: { path },
  });
}

function treeAt(parent: Tree, key: string): Tree {
  const value = parent[key];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Tree) : {};
}

function textAt(parent: Tree, key: string): string | undefined {
  const value = parent[key];
  return typeof value === "string" ? value : undefined;
}

async function readTree(location: string): Promise<{ file: string; tree: Tree }> {
  const path = isRemoteUri(location) ? location.replace(/\/+$/, "") : toLocalPath(location);
  const file = path.endsWith(".yaml") ? path : `${path}/butler.yaml`;
  let text: string;
  try {
    text = Buffer.from(await (await storeFor(file)).read(file)).toString("utf8");
  } catch (cause) {
    if (!isAlmagestError(cause, "RESOURCES.MISSING") && isRemoteUri(file)) throw cause;
    throw new AlmagestError(
      "BUTLER.REPOSITORY_MISSING",
      `There is no repository at ${path} (no butler.yaml).`,
      {
        cause,
        fields: { path },
      },
    );
  }
  return { file, tree: parseTree(text, file) };
}

function parseTree(text: string, file: string): Tree {
  try {
    return (parseYaml(text) ?? {}) as Tree;
  } catch (cause) {
    throw invalid(file, (cause as Error).message, cause);
  }
}

/** What `butler.yaml` in a folder (or the file itself) says. Throws `BUTLER.REPOSITORY_MISSING`, `BUTLER.REPOSITORY_INVALID`. */
export async function readButlerConfig(location: string): Promise<ButlerConfig> {
  const { file, tree } = await readTree(location);
  return configOf(tree, file);
}

/** What the text of the `butler.yaml` at a path or URI says. Throws `BUTLER.REPOSITORY_INVALID`. */
export function parseButlerConfig(text: string, file: string): ButlerConfig {
  return configOf(parseTree(text, file), file);
}

function configOf(tree: Tree, file: string): ButlerConfig {
  const folder = isRemoteUri(file) ? file.slice(0, file.lastIndexOf("/")) : resolve(file, "..");
  const root = absolute(textAt(tree, "root")?.replaceAll("<butlerRoot>", folder) ?? folder);
  const expand = (value: string): string => value.replaceAll("<butlerRoot>", root);
  const datastore = treeAt(tree, "datastore");
  const registry = treeAt(tree, "registry");
  const database = textAt(registry, "db");
  if (database === undefined) throw invalid(file, "registry.db is missing");
  const datastores = readDatastores(datastore, file).map((store) =>
    store.kind === "file" ? { ...store, root: absolute(expand(store.root)) } : store,
  );
  const first =
    datastores.find((store) => store.kind === "file") ??
    ({ ...(readDatastores({}, file)[0] as FileDatastoreConfig), root } satisfies FileDatastoreConfig);
  return {
    root,
    datastoreRoot: first.root,
    datastoreName: first.name,
    fileTable: first.fileTable,
    database: withParts(databaseLocation(file, expand(database)), registry),
    namespace: textAt(registry, "namespace"),
    templates: first.templates,
    checksum: first.checksum,
    composites: first.composites,
    formatters: first.formatters,
    cache: first.cache,
    storageClasses: storageClassesOf(tree, file),
    datastores,
  };
}

function storageClassesOf(tree: Tree, file: string): Readonly<Record<string, StorageClassConfig>> {
  const found = treeAt(tree, "storageClasses");
  const wrong = Object.entries(found).find(([, each]) => typeof each !== "object" || each === null);
  if (wrong !== undefined) throw invalid(file, `storageClasses.${wrong[0]} is no table`);
  return found as Readonly<Record<string, StorageClassConfig>>;
}

/** A server's URL completed by what stands beside it: host, port, database, username, password. */
function withParts(location: string, registry: Tree): string {
  if (!location.startsWith("postgresql:")) return location;
  const url = new URL(location);
  const part = (name: string): string => (registry[name] === undefined ? "" : String(registry[name]));
  if (url.hostname === "" && part("host") !== "") url.hostname = part("host");
  if (url.port === "" && url.hostname !== "") url.port = part("port");
  if (url.pathname.length <= 1) url.pathname = encodeURIComponent(part("database"));
  if (url.username === "" && url.hostname !== "") url.username = encodeURIComponent(part("username"));
  if (url.password === "" && url.username !== "") url.password = encodeURIComponent(part("password"));
  return url.href;
}

/** The whole configuration of a repository as a tree, with the defaults that hold where it says nothing. Throws as
 * `readButlerConfig`. */
export async function effectiveConfig(location: string): Promise<Readonly<Record<string, unknown>>> {
  const { tree } = await readTree(location);
  const config = await readButlerConfig(location);
  const datastore = treeAt(tree, "datastore");
  if (Array.isArray(datastore.datastores)) return { ...tree, root: config.root };
  const templates: Record<string, unknown> = Object.fromEntries(config.templates.entries);
  for (const [instrument, own] of config.templates.byInstrument) {
    templates[`instrument<${instrument}>`] = Object.fromEntries(own);
  }
  return {
    ...tree,
    root: config.root,
    datastore: {
      ...datastore,
      name: config.datastoreName,
      root: textAt(datastore, "root") ?? "<butlerRoot>",
      records: { ...treeAt(datastore, "records"), table: config.fileTable },
      checksum: config.checksum,
      templates,
    },
  };
}

/** A URI of a remote store as it is, anything else as a local path. */
function absolute(location: string): string {
  if (!isRemoteUri(location)) return toLocalPath(location);
  const [, service, path = ""] = /^([^:]+:\/\/[^/]*)\/?(.*?)\/*$/.exec(location) ?? [];
  return path === "" ? service! : `${service}/${encodePath(decodePath(path))}`;
}

function databaseLocation(file: string, url: string): string {
  const sqlite = /^sqlite(?:\+\w+)?:\/\/\/(.*)$/.exec(url);
  if (sqlite !== null && !isRemoteUri(sqlite[1]!)) return resolve(sqlite[1]!);
  if (sqlite !== null)
    throw invalid(file, "an SQLite registry must be a local file: name one in registry.db, or PostgreSQL");
  if (/^postgresql(\+\w+)?:\/\//.test(url)) return url.replace(/^postgresql\+\w+:/, "postgresql:");
  throw invalid(file, `the database '${url}' is neither SQLite nor PostgreSQL`);
}
