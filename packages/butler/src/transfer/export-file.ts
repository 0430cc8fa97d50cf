import { AlmagestError } from "@almagest/base";
import { isoToTaiNs } from "@almagest/sphere";
import { type CollectionTag, parseDocument, Scalar, type ScalarTag, type YAMLMap } from "yaml";
import { likePyYaml } from "../formatters/yaml-formatter.ts";
import type { CollectionKind, DataId, DimensionRecord, Timespan } from "../types.ts";

/** One entry of an export file. */
export type ExportEntry =
  | { readonly type: "dimension"; readonly element: string; readonly records: Record<string, unknown>[] }
  | {
      readonly type: "collection";
      readonly collection_type: CollectionKind;
      readonly name: string;
      readonly doc?: string | null;
      readonly children?: readonly (string | readonly [string, unknown])[];
    }
  | { readonly type: "run"; readonly name: string }
  | {
      readonly type: "dataset_type";
      readonly name: string;
      readonly dimensions: readonly string[];
      readonly storage_class: string;
      readonly is_calibration?: boolean;
    }
  | {
      readonly type: "dataset";
      readonly dataset_type: string;
      readonly run: string;
      readonly records: readonly ExportFile[];
    }
  | {
      readonly type: "associations";
      readonly collection: string;
      readonly collection_type: "TAGGED" | "CALIBRATION";
      readonly dataset_ids?: readonly (string | number)[];
      readonly validity_ranges?: readonly {
        readonly timespan?: Timespan;
        readonly begin?: bigint | null;
        readonly end?: bigint | null;
        readonly dataset_ids: readonly (string | number)[];
      }[];
    };

/** A file of an export with the datasets it holds. */
export interface ExportFile {
  readonly dataset_id: string | number | readonly (string | number)[];
  readonly data_id: DataId | readonly DataId[];
  readonly path?: string;
  readonly formatter?: string;
}

/** A parsed export file. */
export interface ExportDocument {
  readonly universeVersion: number;
  readonly entries: readonly ExportEntry[];
}

const REGION_CLASSES = [
  "ConvexPolygon",
  "Circle",
  "Box",
  "Ellipse",
  "UnionRegion",
  "IntersectionRegion",
  "CompoundRegion",
];

const uuidTag: ScalarTag = { tag: "!uuid", resolve: (text) => text };

const timeTag: ScalarTag = { tag: "!butler_time/tai/iso", resolve: (text) => isoToTaiNs(text, "tai") };

const timespanTag: CollectionTag = {
  tag: "!lsst.daf.butler.Timespan",
  collection: "map",
  resolve: (map) => {
    const [begin, end] = ["begin", "end"].map((key) => (map as YAMLMap).get(key)) as (bigint | null)[];
    return new Scalar({
      ...(typeof begin === "bigint" ? { begin } : {}),
      ...(typeof end === "bigint" ? { end } : {}),
    });
  },
};

const regionTags = REGION_CLASSES.map(
  (name): CollectionTag => ({
    tag: `lsst.sphgeom.${name}`,
    collection: "map",
    resolve: (map, onError) => {
      const encoded = (map as YAMLMap).get("encoded");
      if (typeof encoded !== "string" || !/^([0-9a-f]{2})*$/.test(encoded)) {
        onError("a region needs its bytes in hex");
        return map;
      }
      return new Scalar(Uint8Array.fromHex(encoded));
    },
  }),
);

function invalid(problem: string, cause?: unknown): AlmagestError {
  return new AlmagestError("BUTLER.IMPORT_INVALID", `Not an export file that can be imported: ${problem}`, {
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Parses the text of an `export.yaml`, format 0 or 1. Throws `BUTLER.IMPORT_INVALID`. */
export function parseExportFile(text: string): ExportDocument {
  const document = parseDocument(text, {
    version: "1.1",
    logLevel: "silent",
    customTags: (tags) => [...likePyYaml(tags as ScalarTag[]), uuidTag, timeTag, timespanTag, ...regionTags],
  });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) throw invalid(problem.message, problem);
  const tree = document.toJS({ maxAliasCount: 100 }) as Record<string, unknown> | null;
  if (tree === null || typeof tree !== "object" || !Array.isArray(tree.data))
    throw invalid("it has no data.");
  const version = String(tree.version ?? "");
  if (!/^(0|1\.0\.\d+)$/.test(version)) throw invalid(`its format is ${version}; this program reads 1.0.`);
  return {
    universeVersion: typeof tree.universe_version === "number" ? tree.universe_version : 0,
    entries: tree.data as ExportEntry[],
  };
}

/** A record of an export file as ours: its two times become a time span, a date of plain YAML is UTC. */
export function toDimensionRecord(raw: Readonly<Record<string, unknown>>): DimensionRecord {
  const { datetime_begin: begin, datetime_end: end, ...rest } = raw;
  const time = (value: unknown): bigint | undefined =>
    typeof value === "bigint"
      ? value
      : value instanceof Date
        ? isoToTaiNs(value.toISOString().slice(0, -1), "utc")
        : undefined;
  const record = { ...rest } as Record<string, DimensionRecord[string]>;
  for (const [key, value] of Object.entries(rest))
    if (value instanceof Uint8Array) record[key] = new Uint8Array(value);
  if (begin === undefined && end === undefined) return record;
  const from = time(begin);
  const to = time(end);
  const unbounded = from === undefined && to === undefined;
  record.timespan = unbounded
    ? null
    : { ...(from === undefined ? {} : { begin: from }), ...(to === undefined ? {} : { end: to }) };
  return record;
}
