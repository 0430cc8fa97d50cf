import { AlmagestError } from "@almagest/base";
import type { DataId, DataIdValue, DimensionRecord } from "../types.ts";
import type { DimensionElement } from "./dimension-element.ts";
import { createGroup, type DimensionGroup } from "./dimension-group.ts";
import { createElements } from "./element-table.ts";
import { UNIVERSE_8 } from "./universe-8.ts";
import type { UniverseConfig } from "./universe-config.ts";

export type { DimensionGroup } from "./dimension-group.ts";

/** A data id completed by the repository: required and implied values, and the record of each element (null for
 * a skypix pixel, or where an element has none, such as a `visit_detector_region` not yet computed). */
export interface ExpandedDataId {
  readonly group: DimensionGroup;
  readonly dataId: DataId;
  readonly records: Readonly<Record<string, DimensionRecord>>;
}

/** The dimensions of a repository and how they depend on each other. */
export interface Universe {
  readonly version: number;
  readonly namespace: string;
  readonly config: UniverseConfig;
  /** Elements by name, in universe order (which fixes the order of columns everywhere). */
  readonly elements: ReadonlyMap<string, DimensionElement>;
  /** The pixelization whose overlaps are stored: `htm7`. */
  readonly commonSkypix: string;
  /** Topological families, finest element first: spatial and temporal. */
  readonly families: {
    readonly spatial: ReadonlyMap<string, readonly string[]>;
    readonly temporal: ReadonlyMap<string, readonly string[]>;
  };
  /** One element. Throws `BUTLER.DIMENSION_UNKNOWN`. */
  element(name: string): DimensionElement;
  /** The group of these dimensions with all that they require and imply. Throws `BUTLER.DIMENSION_UNKNOWN`. */
  completeGroup(names: Iterable<string>): DimensionGroup;
  /** Checks a data id against a group: required values present, of the right type, in order; other keys dropped.
   * Throws `BUTLER.DATA_ID_INVALID`. */
  conform(dataId: DataId, group: DimensionGroup): DataId;
  /** Text that is equal for equal data ids of one group: values of its required dimensions. */
  dataIdKey(dataId: DataId, group: DimensionGroup): string;
}

function invalidDataId(message: string, fields: Record<string, unknown>): AlmagestError {
  return new AlmagestError("BUTLER.DATA_ID_INVALID", message, { fields });
}

function conformValue(element: DimensionElement, value: unknown): DataIdValue {
  if (element.keyType === "string") {
    if (typeof value === "string" && value !== "") return value;
  } else {
    if (typeof value === "number" && Number.isSafeInteger(value)) return value;
    const text = typeof value === "bigint" ? String(value) : value;
    if (typeof text === "string" && /^-?\d+$/.test(text) && Number.isSafeInteger(Number(text)))
      return Number(text);
  }
  throw invalidDataId(
    `Dimension '${element.name}' needs ${element.keyType === "string" ? "a non-empty text" : "an integer"}, not ${String(value)}.`,
    { dimension: element.name, value },
  );
}

/** The universe that a stored configuration describes; universe 8 of `daf_butler` unless told. */
export function createUniverse(config: UniverseConfig = UNIVERSE_8): Universe {
  const elements = createElements(config);
  const groups = new Map<string, DimensionGroup>();
  const element = (name: string): DimensionElement => {
    const found = elements.get(name);
    if (found === undefined) {
      throw new AlmagestError("BUTLER.DIMENSION_UNKNOWN", `There is no dimension '${name}'.`, {
        fields: { dimension: name },
      });
    }
    return found;
  };
  const families = {
    spatial: new Map(Object.entries(config.topology.spatial ?? {})),
    temporal: new Map(Object.entries(config.topology.temporal ?? {})),
  };
  const completeGroup = (names: Iterable<string>): DimensionGroup => {
    const list = [...names];
    const cacheKey = list.join(",");
    let group = groups.get(cacheKey);
    if (group === undefined) {
      for (const name of list) element(name);
      group = createGroup(elements, list);
      group = groups.get(group.key) ?? group;
      groups.set(group.key, group);
      groups.set(cacheKey, group);
    }
    return group;
  };
  return {
    version: config.version,
    namespace: config.namespace ?? "daf_butler",
    config,
    elements,
    commonSkypix: config.skypix.common,
    families,
    element,
    completeGroup,
    conform: (dataId, group) => {
      const conformed: Record<string, DataIdValue> = {};
      for (const name of group.required) {
        const value = dataId[name];
        if (value === undefined || value === null) {
          throw invalidDataId(`The data id lacks '${name}'; it needs ${group.required.join(", ")}.`, {
            missing: name,
            dataId,
          });
        }
        conformed[name] = conformValue(element(name), value);
      }
      return conformed;
    },
    dataIdKey: (dataId, group) => group.required.map((name) => String(dataId[name])).join("\u0001"),
  };
}
