import { AlmagestError, type Json } from "@almagest/base";
import { type Database, sql } from "@almagest/database";
import type { UniverseConfig } from "../dimensions/universe-config.ts";

interface Manager {
  readonly name: string;
  readonly className: string;
  readonly version: readonly [major: number, minor: number, patch: number];
}

const PREFIX = "lsst.daf.butler.registry.";

const MANAGERS: readonly Manager[] = [
  { name: "attributes", className: `${PREFIX}attributes.DefaultButlerAttributeManager`, version: [1, 0, 1] },
  {
    name: "dimensions",
    className: `${PREFIX}dimensions.static.StaticDimensionRecordStorageManager`,
    version: [6, 0, 2],
  },
  {
    name: "collections",
    className: `${PREFIX}collections.synthIntKey.SynthIntKeyCollectionManager`,
    version: [2, 0, 0],
  },
  {
    name: "datasets",
    className: `${PREFIX}datasets.byDimensions._manager.ByDimensionsDatasetRecordStorageManagerUUID`,
    version: [2, 0, 0],
  },
  { name: "opaque", className: `${PREFIX}opaque.ByNameOpaqueTableStorageManager`, version: [0, 2, 0] },
  {
    name: "datastores",
    className: `${PREFIX}bridge.monolithic.MonolithicDatastoreRegistryBridgeManager`,
    version: [0, 2, 1],
  },
];

/** Rows of `butler_attributes` for a new repository. */
export function newAttributes(universe: UniverseConfig): [name: string, value: string][] {
  return [
    ...MANAGERS.flatMap(({ name, className, version }): [string, string][] => [
      [`config:registry.managers.${name}`, className],
      [`version:${className}`, version.join(".")],
    ]),
    ["config:dimensions.json", JSON.stringify(universe)],
  ];
}

function checkManager(manager: Manager, attributes: ReadonlyMap<string, string>): { writeable: boolean } {
  const className = attributes.get(`config:registry.managers.${manager.name}`);
  const version = attributes.get(`version:${className}`);
  const [major, minor] = (version ?? "").split(".").map(Number);
  // The datasets class was once known without its module; both mean the same layout.
  const same =
    className?.replace("byDimensions._manager.", "byDimensions.") ===
    manager.className.replace("byDimensions._manager.", "byDimensions.");
  if (!same || major !== manager.version[0] || minor! > manager.version[1]) {
    throw new AlmagestError(
      "BUTLER.REPOSITORY_VERSION",
      `The repository stores its ${manager.name} as ${className} ${version}; this program knows ${manager.className} ${manager.version.join(".")}. 'almagest butler migrate upgrade' brings older ones up to date.`,
      { fields: { manager: manager.name, className, version } },
    );
  }
  return { writeable: minor === manager.version[1] };
}

/** What a database says of itself: its universe, and whether its layout may be written to.
 * Throws `BUTLER.REPOSITORY_INVALID`, `BUTLER.REPOSITORY_VERSION`. */
export async function readAttributes(
  db: Database,
): Promise<{ readonly universe: UniverseConfig; readonly writeable: boolean }> {
  if ((await db.columnNames("butler_attributes")) === undefined) {
    throw new AlmagestError("BUTLER.REPOSITORY_INVALID", "The database is not that of a Butler repository.");
  }
  const rows = await db.rows(sql`SELECT name, value FROM butler_attributes`);
  const attributes = new Map(rows.map(([name, value]) => [name as string, value as string]));
  const writeable = MANAGERS.every((manager) => checkManager(manager, attributes).writeable);
  const text = attributes.get("config:dimensions.json");
  if (text === undefined) {
    throw new AlmagestError("BUTLER.REPOSITORY_INVALID", "The database holds no dimension configuration.");
  }
  return { universe: JSON.parse(text) as Json as unknown as UniverseConfig, writeable };
}
