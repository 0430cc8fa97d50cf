import type { DimensionColumn } from "../dimensions/dimension-element.ts";
import type { DimensionGroup } from "../dimensions/dimension-group.ts";
import type { Universe } from "../dimensions/universe.ts";
import { queryError } from "./expression/query-error.ts";

/** Facts of a dataset that an expression may name. */
export type DatasetField = "dataset_id" | "ingest_date" | "run" | "collection" | "timespan";

/** What a name in an expression means. */
export type ResolvedName =
  | { readonly kind: "dimension"; readonly dimension: string }
  | {
      readonly kind: "field";
      readonly element: string;
      readonly column: DimensionColumn;
      readonly part?: "begin" | "end";
    }
  | { readonly kind: "dataset"; readonly field: DatasetField; readonly part?: "begin" | "end" };

/** Where names are looked up. */
export interface NameScope {
  readonly universe: Universe;
  /** Dimensions of the query: unqualified names are looked for in their elements. */
  readonly group: DimensionGroup;
  /** The dataset type searched for, if any. */
  readonly datasetType?: string;
}

const DATASET_FIELDS: readonly string[] = ["dataset_id", "ingest_date", "run", "collection", "timespan"];

function fieldOf(scope: NameScope, elementName: string, field: string): ResolvedName | undefined {
  const element = scope.universe.elements.get(elementName);
  if (element === undefined) return undefined;
  if (field === element.keyColumn || field === element.name)
    return { kind: "dimension", dimension: element.name };
  const column = element.columns.find((item) => item.name === field);
  if (column === undefined) return undefined;
  if (column.dimension !== undefined) return { kind: "dimension", dimension: column.dimension };
  return { kind: "field", element: elementName, column };
}

function unqualified(scope: NameScope, text: string, name: string, at: number): ResolvedName | undefined {
  if (scope.universe.elements.get(name)?.isDimension) return { kind: "dimension", dimension: name };
  const candidates = new Map<string, ResolvedName>();
  for (const elementName of scope.group.elements) {
    const element = scope.universe.element(elementName);
    if (name === element.keyColumn)
      candidates.set(`${elementName}.${name}`, { kind: "dimension", dimension: elementName });
    const column = element.columns.find((item) => item.name === name && item.dimension === undefined);
    if (column !== undefined)
      candidates.set(`${elementName}.${name}`, { kind: "field", element: elementName, column });
  }
  if (scope.datasetType !== undefined && DATASET_FIELDS.includes(name)) {
    candidates.set(`${scope.datasetType}.${name}`, { kind: "dataset", field: name as DatasetField });
  }
  if (candidates.size > 1) {
    throw queryError(text, at, `'${name}' may mean ${[...candidates.keys()].join(" or ")}; say which`);
  }
  return [...candidates.values()][0];
}

function unknownName(scope: NameScope, text: string, name: string, at: number): never {
  const [first, second] = name.split(".") as [string, string | undefined];
  const element = scope.universe.elements.get(first);
  if (element !== undefined && second !== undefined) {
    const known = element.columns.map((column) => column.name).join(", ");
    throw queryError(text, at, `'${first}' has no field '${second}'; it has ${known || "none"}`);
  }
  throw queryError(text, at, `There is no dimension or field '${name}'`);
}

/** The meaning of a name such as `visit`, `exposure.obs_id`, `visit.timespan.begin`, `ingest_date`.
 * Throws `BUTLER.QUERY_INVALID` for an unknown or ambiguous one. */
export function resolveName(scope: NameScope, text: string, name: string, at: number): ResolvedName {
  const parts = name.split(".");
  const last = parts.at(-1)!;
  if (parts.length > 1 && (last === "begin" || last === "end")) {
    const owner = resolveName(scope, text, parts.slice(0, -1).join("."), at);
    const isTimespan =
      (owner.kind === "field" && owner.column.type === "timespan") ||
      (owner.kind === "dataset" && owner.field === "timespan");
    if (!isTimespan) throw queryError(text, at, `'${name}' has no begin or end`);
    return { ...owner, part: last } as ResolvedName;
  }
  let found: ResolvedName | undefined;
  if (parts.length === 1) found = unqualified(scope, text, name, at);
  else if (parts.length === 2) {
    const [owner, field] = parts as [string, string];
    found = fieldOf(scope, owner, field);
    const isDataset = scope.datasetType !== undefined && (owner === "dataset" || owner === scope.datasetType);
    if (found === undefined && isDataset && DATASET_FIELDS.includes(field)) {
      found = { kind: "dataset", field: field as DatasetField };
    }
  }
  return found ?? unknownName(scope, text, name, at);
}
