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
  return stringify(merge(DEFAULTS, seed), { lineWidth: 0 });
}
