import { AlmagestError } from "@almagest/base";
import { type Composites, parseComposites } from "../storage-classes/composites.ts";
import { type CacheConfig, readCacheConfig } from "./cache-config.ts";
import { type Constraints, parseConstraints } from "./constraints.ts";
import type { TemplateTable } from "./dataset-files.ts";
import { DEFAULT_TEMPLATES } from "./path-template.ts";

type Tree = Readonly<Record<string, unknown>>;

/** One datastore of files. */
export interface FileDatastoreConfig {
  readonly kind: "file";
  /** Name by which the database knows it: `FileDatastore@<butlerRoot>` where none is given. */
  readonly name: string;
  /** Path or URI as written, `<butlerRoot>` in it. */
  readonly root: string;
  readonly fileTable: string;
  readonly templates: TemplateTable;
  readonly checksum: boolean;
  readonly composites: Composites;
  /** What writes which datasets, as written. */
  readonly formatters: Readonly<Record<string, unknown>>;
  readonly cache: CacheConfig;
  readonly constraints: readonly Constraints[];
}

/** One datastore that keeps values while the program runs. */
export interface MemoryDatastoreConfig {
  readonly kind: "memory";
  readonly constraints: readonly Constraints[];
}

/** One datastore. */
export type DatastoreConfig = FileDatastoreConfig | MemoryDatastoreConfig;

const treeAt = (parent: Tree, key: string): Tree => {
  const value = parent[key];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Tree) : {};
};
const textAt = (parent: Tree, key: string): string | undefined =>
  typeof parent[key] === "string" ? parent[key] : undefined;

function templateTable(config: Tree): TemplateTable {
  const entries = new Map(Object.entries(DEFAULT_TEMPLATES));
  const byInstrument = new Map<string, ReadonlyMap<string, string>>();
  for (const [key, value] of Object.entries(config)) {
    const instrument = /^instrument<(.+)>$/.exec(key)?.[1];
    if (instrument !== undefined && typeof value === "object" && value !== null) {
      byInstrument.set(instrument, new Map(Object.entries(value as Record<string, string>)));
    } else if (typeof value === "string") {
      entries.set(key, value);
    }
  }
  return { entries, byInstrument };
}

function fileDatastore(
  tree: Tree,
  constraints: readonly Constraints[],
  initialRoot: string,
  file: string,
): FileDatastoreConfig {
  const root = textAt(tree, "root") ?? initialRoot;
  return {
    kind: "file",
    name: textAt(tree, "name") ?? `FileDatastore@${root}`,
    root,
    fileTable: textAt(treeAt(tree, "records"), "table") ?? "file_datastore_records",
    templates: templateTable(treeAt(tree, "templates")),
    checksum: tree.checksum !== false,
    composites: parseComposites(treeAt(tree, "composites"), file),
    formatters: treeAt(tree, "formatters"),
    cache: readCacheConfig(treeAt(tree, "cached")),
    constraints,
  };
}

/** Kind of a datastore by its Python class. */
function kindOf(tree: Tree, file: string): "file" | "memory" | "chain" {
  const cls = textAt(tree, "cls") ?? "FileDatastore";
  if (cls.endsWith("FileDatastore")) return "file";
  if (cls.endsWith("InMemoryDatastore")) return "memory";
  if (cls.endsWith("ChainedDatastore")) return "chain";
  throw new AlmagestError(
    "BUTLER.REPOSITORY_INVALID",
    `${file}: datastore.cls is '${cls}'; there are FileDatastore, InMemoryDatastore and ChainedDatastore.`,
    { fields: { cls } },
  );
}

function read(
  tree: Tree,
  file: string,
  outer: readonly Constraints[],
  initialRoot: string,
): DatastoreConfig[] {
  const kind = kindOf(tree, file);
  const constraints = [...outer, parseConstraints(treeAt(tree, "constraints"), file)];
  if (kind === "file") return [fileDatastore(tree, constraints, initialRoot, file)];
  if (kind === "memory") return [{ kind, constraints }];
  const children = Array.isArray(tree.datastores) ? (tree.datastores as unknown[]) : [];
  const overrides = Array.isArray(tree.datastore_constraints) ? tree.datastore_constraints : undefined;
  if (children.length === 0 || (overrides !== undefined && overrides.length !== children.length)) {
    throw new AlmagestError(
      "BUTLER.REPOSITORY_INVALID",
      `${file}: a ChainedDatastore needs datastores, and as many datastore_constraints if any.`,
    );
  }
  return children.flatMap((child, index) => {
    const given = child as Tree;
    const own = Object.keys(treeAt(given, "datastore")).length > 0 ? treeAt(given, "datastore") : given;
    const override = treeAt((overrides?.[index] ?? {}) as Tree, "constraints");
    return read(own, file, [...constraints, parseConstraints(override, file)], "<butlerRoot>/datastore");
  });
}

/** The datastores of a `datastore` section, a chain's in its order. Throws `BUTLER.REPOSITORY_INVALID`. */
export function readDatastores(tree: Tree, file: string): DatastoreConfig[] {
  const stores = read(tree, file, [], "<butlerRoot>");
  const files = stores.filter((store) => store.kind === "file");
  if (new Set(files.map(({ fileTable }) => fileTable)).size < files.length) {
    throw new AlmagestError(
      "BUTLER.REPOSITORY_INVALID",
      `${file}: each FileDatastore of a chain needs a records.table of its own.`,
    );
  }
  return stores;
}
