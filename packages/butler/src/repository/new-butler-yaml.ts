import { stringify } from "yaml";

/** Configuration as YAML gives it. */
export type ConfigTree = Readonly<Record<string, unknown>>;

const PREFIX = "lsst.daf.butler.registry";

const DEFAULTS: ConfigTree = {
  datastore: {
    cls: "lsst.daf.butler.datastores.fileDatastore.FileDatastore",
    records: { table: "file_datastore_records" },
    root: "<butlerRoot>",
  },
  registry: {
    db: "sqlite:///<butlerRoot>/gen3.sqlite3",
    managers: {
      attributes: `${PREFIX}.attributes.DefaultButlerAttributeManager`,
      collections: `${PREFIX}.collections.synthIntKey.SynthIntKeyCollectionManager`,
      datasets: `${PREFIX}.datasets.byDimensions.ByDimensionsDatasetRecordStorageManagerUUID`,
      datastores: `${PREFIX}.bridge.monolithic.MonolithicDatastoreRegistryBridgeManager`,
      dimensions: `${PREFIX}.dimensions.static.StaticDimensionRecordStorageManager`,
      opaque: `${PREFIX}.opaque.ByNameOpaqueTableStorageManager`,
    },
  },
};

function isTree(value: unknown): value is ConfigTree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function merge(under: ConfigTree, over: ConfigTree): ConfigTree {
  const merged: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const present = merged[key];
    merged[key] = isTree(present) && isTree(value) ? merge(present, value) : value;
  }
  return merged;
}

/** The text of a new repository's `butler.yaml`, as the original writes it, with what a seed configuration sets. */
export function newButlerYaml(seed: ConfigTree = {}): string {
  const { datastore } = seed;
  if (!isTree(datastore) || !Array.isArray(datastore.datastores))
    return stringify(merge(DEFAULTS, seed), { lineWidth: 0 });
  const rooted = { ...datastore, datastores: datastore.datastores.map(giveRoot) };
  return stringify({ ...merge(DEFAULTS, seed), datastore: rooted }, { lineWidth: 0 });
}

/** A chain's datastore of files with a folder of its own, named as the original names it. */
function giveRoot(given: unknown, index: number): unknown {
  if (!isTree(given)) return given;
  const own = isTree(given.datastore) ? given.datastore : given;
  const kind = String(own.cls ?? "FileDatastore")
    .split(".")
    .at(-1)!;
  return kind === "FileDatastore" ? { root: `<butlerRoot>/${kind}_${index}`, ...own } : own;
}
