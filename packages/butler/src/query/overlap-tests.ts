import { identifier, joinSql, rawSql, type Sql, type SqlValue, sql } from "@almagest/database";
import { type Region, regionFromBase64, regionsOverlap } from "@almagest/sphere";
import type { DimensionElement } from "../dimensions/dimension-element.ts";
import type { Repository } from "../repository/repository.ts";
import { keyColumns } from "../schema/element-tables.ts";
import { overlapTest } from "./spatial-join.ts";

/** One side of a test: the region of an element whose table is joined under its name, or a constant (base64). */
export type OverlapSide = { readonly element: DimensionElement } | { readonly literal: string };

/** Exact tests whether regions overlap, as conditions of a query. */
export interface OverlapTests {
  /** The condition. Before `settle` it may be a placeholder that lets everything pass. `narrow` is a condition that every
   * overlapping pair meets, where the query itself may not see to that. */
  test(a: OverlapSide, b: OverlapSide, narrow?: Sql): Sql;
  /** How often a test was asked for. */
  readonly count: number;
  /** True where the conditions are final as they are: the database itself can call our function. */
  readonly isFinal: boolean;
  /** Decides every test asked for so far; `from` is the query without them (FROM …, WHERE …). */
  settle(from: Sql): Promise<void>;
}

function sideSql(side: OverlapSide): Sql {
  return "literal" in side ? sql`${side.literal}` : identifier(side.element.name, "region");
}

/** In SQLite the exact test is a function of ours. */
function createFunctionTests(): OverlapTests {
  let count = 0;
  return {
    get count() {
      return count;
    },
    isFinal: true,
    test: (a, b) => {
      count++;
      return overlapTest(sideSql(a), sideSql(b));
    },
    settle: async () => {},
  };
}

function keySql(side: OverlapSide): Sql[] {
  return "literal" in side ? [] : keyColumns(side.element).map((name) => identifier(side.element.name, name));
}

function keyTypes(side: OverlapSide): ("bigint" | "text")[] {
  if ("literal" in side) return [];
  const { element } = side;
  return element.columns
    .slice(0, element.required.length)
    .map((column) => (column.type === "int" ? "bigint" : "text"));
}

function textOf(side: OverlapSide): string {
  return "literal" in side ? side.literal : side.element.name;
}

/** Rows of keys as one parameter: a table in SQL. */
function keyTable(rows: readonly (readonly SqlValue[])[], types: readonly string[]): Sql {
  const columns = types.map((type, index) => rawSql(`(v->>${index})::${type}`));
  return sql`SELECT ${joinSql(columns)} FROM jsonb_array_elements(${JSON.stringify(rows)}::jsonb) v`;
}

/**
 * Where the database cannot call us, the pairs that may overlap are read first, decided here, and those that do overlap go
 * back as a list of keys: exact also below OR and NOT, and without tables that a reader may not make.
 */
function createListedTests(repository: Repository): OverlapTests {
  const { db } = repository;
  const asked = new Map<string, { a: OverlapSide; b: OverlapSide; narrow: Sql | undefined }>();
  const settled = new Map<string, Sql>();
  let count = 0;
  const regions = new Map<string, Region>();

  async function regionsOf(side: OverlapSide, keys: readonly SqlValue[][]): Promise<Map<string, Region>> {
    if ("literal" in side) return new Map([["[]", regionFromBase64(side.literal)]]);
    const { element } = side;
    const columns = keySql(side);
    const rows = await db.rows(
      sql`SELECT ${joinSql([...columns, identifier(element.name, "region")])} FROM ${identifier(element.name)}
          WHERE (${joinSql(columns)}) IN (${keyTable(keys, keyTypes(side))}) AND region IS NOT NULL`,
    );
    const found = new Map<string, Region>();
    for (const row of rows) {
      const text = row.at(-1) as string;
      let region = regions.get(text);
      if (region === undefined) {
        region = regionFromBase64(text);
        regions.set(text, region);
      }
      found.set(JSON.stringify(row.slice(0, -1)), region);
    }
    return found;
  }

  async function settleOne(a: OverlapSide, b: OverlapSide, from: Sql): Promise<Sql> {
    const columns = [...keySql(a), ...keySql(b)];
    const width = keySql(a).length;
    const pairs = await db.rows(sql`SELECT DISTINCT ${joinSql(columns)}${from}`);
    const regionsA = await regionsOf(
      a,
      pairs.map((row) => row.slice(0, width)),
    );
    const regionsB = await regionsOf(
      b,
      pairs.map((row) => row.slice(width)),
    );
    const overlapping = pairs.filter((row) => {
      const one = regionsA.get(JSON.stringify(row.slice(0, width)));
      const other = regionsB.get(JSON.stringify(row.slice(width)));
      // Where only bounds are known the regions may overlap, and count as overlapping.
      return one !== undefined && other !== undefined && regionsOverlap(one, other) !== false;
    });
    if (overlapping.length === 0) return rawSql("1 = 0");
    return sql`(${joinSql(columns)}) IN (${keyTable(overlapping, [...keyTypes(a), ...keyTypes(b)])})`;
  }

  return {
    get count() {
      return count;
    },
    isFinal: false,
    test: (a, b, narrow) => {
      count++;
      if ("literal" in a && "literal" in b) {
        return rawSql(
          regionsOverlap(regionFromBase64(a.literal), regionFromBase64(b.literal)) === false
            ? "1 = 0"
            : "1 = 1",
        );
      }
      const key = `${textOf(a)} ${textOf(b)}`;
      asked.set(key, { a, b, narrow });
      return settled.get(key) ?? rawSql("1 = 1");
    },
    settle: async (from) => {
      for (const [key, { a, b, narrow }] of asked) {
        const candidates = narrow === undefined ? from : sql`${from} AND ${narrow}`;
        settled.set(key, await settleOne(a, b, candidates));
      }
    },
  };
}

/** The overlap tests of one query. */
export function createOverlapTests(repository: Repository): OverlapTests {
  return repository.db.dialect === "sqlite" ? createFunctionTests() : createListedTests(repository);
}
