import { AlmagestError } from "@almagest/base";
import { identifier, joinSql, type Sql, sql } from "@almagest/database";
import type { DimensionElement } from "../dimensions/dimension-element.ts";
import type { DimensionGroup } from "../dimensions/dimension-group.ts";
import type { Universe } from "../dimensions/universe.ts";

/** Collects tables and the conditions that tie them together. */
export interface JoinPlan {
  /** SQL of a dimension's value. Throws `BUTLER.QUERY_INVALID` for a pixel of the sky that nothing limits. */
  dimension(name: string): Sql;
  /** True when some table gives a dimension's value. */
  has(name: string): boolean;
  /** Adds a table or sub-query under an alias, with the columns that hold dimensions. */
  add(source: Sql, columns: readonly (readonly [dimension: string, column: Sql])[], extra?: Sql): void;
  /** Adds a condition between tables. */
  tie(condition: Sql): void;
  /** Fixes a dimension to a value. */
  fix(name: string, value: string | number): void;
  /** The tables. */
  from(): Sql;
  /** The conditions that tie the tables together. */
  conditions(): readonly Sql[];
}

/** An empty plan. */
export function createJoinPlan(): JoinPlan {
  const providers = new Map<string, Sql>();
  const pieces: Sql[] = [];
  const conditions: Sql[] = [];
  return {
    dimension: (name) => {
      const found = providers.get(name);
      if (found !== undefined) return found;
      throw new AlmagestError(
        "BUTLER.QUERY_INVALID",
        `Nothing limits '${name}': give a value, or other dimensions that have a place on the sky.`,
        { fields: { dimension: name } },
      );
    },
    has: (name) => providers.has(name),
    add: (source, columns, extra) => {
      if (extra !== undefined) conditions.push(extra);
      for (const [dimension, column] of columns) {
        const present = providers.get(dimension);
        if (present === undefined) providers.set(dimension, column);
        else conditions.push(sql`${column} = ${present}`);
      }
      pieces.push(source);
    },
    tie: (condition) => void conditions.push(condition),
    fix: (name, value) => {
      if (!providers.has(name)) providers.set(name, sql`${value}`);
    },
    from: () => (pieces.length === 0 ? sql`(SELECT 1 AS one) nothing` : joinSql(pieces)),
    conditions: () => conditions,
  };
}

/** Dimension columns of an element's own table, under its name as alias. */
export function elementColumns(element: DimensionElement): [dimension: string, column: Sql][] {
  return element.columns.flatMap((column): [string, Sql][] =>
    column.dimension === undefined ? [] : [[column.dimension, identifier(element.name, column.name)]],
  );
}

/** Elements of a group that imply a dimension directly and have a table. */
function impliersOf(universe: Universe, group: DimensionGroup, dimension: string): DimensionElement[] {
  return group.elements
    .map((name) => universe.element(name))
    .filter((element) => element.hasTable && element.implied.includes(dimension));
}

/**
 * Elements whose tables must be joined so that the `needed` dimensions have values consistent with each other, besides
 * those wanted for their own columns: what implies a needed dimension, what ties dimensions together (`visit_definition`).
 */
export function elementsToJoin(
  universe: Universe,
  group: DimensionGroup,
  needed: Iterable<string>,
  wanted: Iterable<string>,
): Set<string> {
  const joined = new Set<string>();
  const dimensions = new Set<string>();
  const needDimension = (name: string): void => {
    if (dimensions.has(name)) return;
    dimensions.add(name);
    for (const element of impliersOf(universe, group, name)) needElement(element.name);
  };
  const needElement = (name: string): void => {
    const element = universe.element(name);
    for (const dimension of element.required) needDimension(dimension);
    if (!element.hasTable || element.columns.length === 0 || joined.has(name)) return;
    joined.add(name);
    for (const dimension of element.implied)
      if (impliersOf(universe, group, dimension).length > 1) needDimension(dimension);
  };
  for (const name of needed) needDimension(name);
  for (const name of wanted) needElement(name);
  for (const name of group.elements) if (universe.element(name).alwaysJoin) needElement(name);
  for (const name of group.implied) if (impliersOf(universe, group, name).length > 1) needDimension(name);
  return joined;
}

/** Joins the tables of elements, then whatever else the needed dimensions lack. */
export function joinElements(universe: Universe, plan: JoinPlan, elements: ReadonlySet<string>): void {
  for (const element of universe.elements.values()) {
    if (elements.has(element.name)) plan.add(identifier(element.name), elementColumns(element));
  }
}

/** Gives each needed dimension a table if none has it yet: its own, or (band) the distinct values of what implies it. */
export function joinMissing(universe: Universe, plan: JoinPlan, needed: Iterable<string>): void {
  for (const name of needed) {
    const element = universe.element(name);
    if (plan.has(name) || element.skypix !== undefined) continue;
    if (element.hasTable) {
      plan.add(identifier(name), elementColumns(element));
    } else {
      const target = identifier(element.impliedUnionTarget!);
      const column = identifier(name);
      plan.add(sql`(SELECT DISTINCT ${column} FROM ${target}) ${column}`, [[name, identifier(name, name)]]);
    }
  }
}
