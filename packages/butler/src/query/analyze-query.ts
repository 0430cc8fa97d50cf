import type { DimensionElement } from "../dimensions/dimension-element.ts";
import type { DimensionGroup } from "../dimensions/dimension-group.ts";
import type { Universe } from "../dimensions/universe.ts";
import type { DataId, DataIdValue } from "../types.ts";
import type { DatasetSearch } from "./dataset-search.ts";
import { type Expression, walkExpression } from "./expression/ast.ts";
import { parseExpression } from "./expression/parse.ts";
import { queryError } from "./expression/query-error.ts";
import type { QueryRequest } from "./plan-query.ts";
import { type NameScope, type ResolvedName, resolveName } from "./resolve-name.ts";
import { spatialParticipants } from "./spatial-join.ts";

/** A name where it is used. */
export interface NameUse {
  readonly name: ResolvedName;
  readonly at: number;
}

/** One term of `orderBy`. */
export interface OrderTerm {
  readonly text: string;
  readonly expression: Expression & { readonly kind: "name" };
  readonly descending: boolean;
}

/** What a query is about: its expressions taken apart, and the dimensions and tables that follow from them. */
export interface QueryAnalysis {
  readonly text: string;
  readonly where: Expression | undefined;
  readonly order: readonly OrderTerm[];
  /** Fields to give. */
  readonly selected: readonly OrderTerm[];
  readonly scope: NameScope;
  /** Names in `where`. */
  readonly whereUses: readonly NameUse[];
  /** Names in `where` and `orderBy`, and those to give. */
  readonly uses: readonly NameUse[];
  readonly dataId: DataId;
  /** All dimensions that take part. */
  readonly group: DimensionGroup;
  readonly searches: readonly DatasetSearch[];
  /** Finest temporal elements among them. */
  readonly temporal: readonly DimensionElement[];
  /** Spatial elements and pixel dimensions to be joined with each other, the one with regions first. */
  readonly pairs: readonly (readonly [DimensionElement, DimensionElement])[];
}

function parseOrder(names: readonly string[] = []): OrderTerm[] {
  return names.map((item) => {
    const descending = item.startsWith("-");
    const text = descending ? item.slice(1) : item;
    const expression = parseExpression(text);
    if (expression?.kind !== "name") {
      throw queryError(item, 0, "Rows are ordered by names of dimensions or fields");
    }
    return { text, expression, descending };
  });
}

function usesOf(scope: NameScope, text: string, expression: Expression): NameUse[] {
  const uses: NameUse[] = [];
  walkExpression(expression, (part) => {
    if (part.kind === "name") uses.push({ name: resolveName(scope, text, part.name, part.at), at: part.at });
  });
  return uses;
}

/** The element whose columns a name stands for, if any. */
export function elementOfName(name: ResolvedName): string | undefined {
  if (name.kind === "dataset") return undefined;
  return name.kind === "field" ? name.element : name.dimension;
}

/** True when the expression itself says which regions are to overlap. */
function hasExplicitJoin(scope: NameScope, text: string, where: Expression | undefined): boolean {
  let found = false;
  if (where === undefined) return false;
  walkExpression(where, (part) => {
    if (part.kind !== "compare" || part.op !== "OVERLAPS") return;
    const { left, right } = part;
    if (left.kind !== "name" || right.kind !== "name") return;
    const sides = [left, right].map((side) => resolveName(scope, text, side.name, side.at));
    found ||= sides.every((side) => side.kind === "field" && side.column.type === "region");
  });
  return found;
}

/** Pairs of spatial participants that no search already relates. */
function spatialPairs(
  participants: readonly DimensionElement[],
  searches: readonly DatasetSearch[],
): [DimensionElement, DimensionElement][] {
  return participants.flatMap((a, index) =>
    participants
      .slice(index + 1)
      .filter((b) => a.skypix === undefined || b.skypix === undefined)
      .filter((b) =>
        searches.every((item) => ![...a.required, ...b.required].every((name) => item.type.group.has(name))),
      )
      .map((b): [DimensionElement, DimensionElement] => [a, b]),
  );
}

function fixedValues(universe: Universe, dataId: DataId): DataId {
  const group = universe.completeGroup(Object.keys(dataId));
  const fixed: Record<string, DataIdValue> = {};
  for (const name of Object.keys(dataId)) {
    fixed[name] = universe.conform(dataId, { ...group, required: [name] })[name]!;
  }
  return fixed;
}

/** Takes a query apart. Throws `BUTLER.QUERY_INVALID` with the place of a mistake. */
export function analyzeQuery(universe: Universe, request: QueryRequest): QueryAnalysis {
  const { options, output, search, constraints = [] } = request;
  const text = options.where ?? "";
  const where = parseExpression(text);
  const order = parseOrder(options.orderBy);
  const selected = parseOrder(request.select);
  const searches = search === undefined ? constraints : [search, ...constraints];
  const named = [...output.names, ...searches.flatMap((item) => item.type.group.names)];
  const scope: NameScope = {
    universe,
    group: universe.completeGroup(named),
    ...(search === undefined ? {} : { datasetType: search.type.type.name }),
  };
  const whereUses = where === undefined ? [] : usesOf(scope, text, where);
  const uses = [
    ...whereUses,
    ...[...order, ...selected].flatMap((item) => usesOf(scope, item.text, item.expression)),
  ];
  const dataId = fixedValues(universe, options.dataId ?? {});
  const group = universe.completeGroup([
    ...named,
    ...Object.keys(dataId),
    ...uses.flatMap(({ name }) => universe.elements.get(elementOfName(name) ?? "")?.required ?? []),
  ]);
  const temporal = [...universe.families.temporal.values()].flatMap(
    (family) => family.find((name) => group.elements.includes(name)) ?? [],
  );
  const explicit = hasExplicitJoin(scope, text, where);
  return {
    text,
    where,
    order,
    selected,
    scope,
    whereUses,
    uses,
    dataId,
    group,
    searches,
    temporal: temporal.map((name) => universe.element(name)),
    pairs: explicit ? [] : spatialPairs(spatialParticipants(universe, group), searches),
  };
}
