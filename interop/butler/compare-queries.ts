import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isAlmagestError } from "../../packages/base/src/index.ts";
import { type Butler, type DatasetRef, openButler } from "../../packages/butler/src/index.ts";
import type { GeneratedQuery } from "./generated-queries.ts";
import { GOLDEN } from "./golden-copy.ts";
import type { PythonButler } from "./python-butler.ts";

interface GoldenQuery {
  readonly type?: string;
  readonly dimensions?: string[];
  readonly collections?: string | string[];
  readonly where: string;
  readonly bind?: Record<string, number | number[]>;
  readonly find_first?: boolean;
}

/** How many checks agreed, and what did not. */
export interface Comparison {
  same: number;
  /** Of these, queries that both refuse. */
  refused: number;
  readonly differences: string[];
}

function plain(ref: DatasetRef): unknown {
  return { type: ref.datasetType.name, id: ref.id, run: ref.run, data_id: ref.dataId };
}

/** Rows as a text that is equal for equal sets. */
export function canonical(rows: readonly unknown[]): string {
  const order = (value: unknown): unknown =>
    typeof value === "object" && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, item]) => [key, order(item)]),
        )
      : value;
  return rows
    .map((row) => JSON.stringify(order(row)))
    .sort()
    .join("\n");
}

async function askOurs(
  butler: Butler,
  query: GeneratedQuery & { bind?: GoldenQuery["bind"] },
): Promise<string> {
  const { where, bind = {} } = query;
  try {
    if (query.dimensions !== undefined)
      return canonical(await butler.queryDataIds(query.dimensions, { where, bind }));
    const { type, collections = [], findFirst = true } = query;
    return canonical((await butler.queryDatasets(type!, { where, bind, collections, findFirst })).map(plain));
  } catch (error) {
    if (isAlmagestError(error)) return `error ${error.message}`;
    throw error;
  }
}

async function askTheirs(
  python: PythonButler,
  query: GeneratedQuery & { bind?: GoldenQuery["bind"] },
): Promise<string> {
  const { where, bind = null } = query;
  const { result, error, message } =
    query.dimensions !== undefined
      ? await python.ask("data_ids", { dimensions: query.dimensions, where, bind })
      : await python.ask("datasets", {
          type: query.type,
          collections: query.collections,
          where,
          bind,
          find_first: query.findFirst ?? true,
        });
  return error === undefined ? canonical(result as unknown[]) : `error ${error} ${message}`;
}

/** Several calibrations for one data id are refused by the original on SQLite (so say the golden queries), and all given by
 * it on PostgreSQL; we refuse on both. */
function isAmbiguous(ours: string, theirs: string): boolean {
  if (!/^error Several .* match/.test(ours) || theirs.startsWith("error")) return false;
  const dataIds = theirs.split("\n").map((line) => JSON.stringify(JSON.parse(line).data_id));
  return new Set(dataIds).size < dataIds.length;
}

/** Asks both Butlers the same queries of one repository; the original where it finds it, such as behind a server. */
export async function compareQueries(
  root: string,
  python: PythonButler,
  queries: readonly (GeneratedQuery & { bind?: GoldenQuery["bind"] })[],
  theirPlace: string = root,
): Promise<Comparison> {
  await using ours = await openButler(root, { readOnly: true });
  await python.call("open", { root: theirPlace, writeable: false });
  const comparison: Comparison = { same: 0, refused: 0, differences: [] };
  for (const query of queries) {
    const [a, b] = [await askOurs(ours, query), await askTheirs(python, query)];
    const bothRefuse = a.startsWith("error") && b.startsWith("error");
    // A spatial test below OR is answered here and refused there.
    if (bothRefuse) comparison.refused++;
    const same = a === b || bothRefuse || b.startsWith("error UnimplementedQueryError") || isAmbiguous(a, b);
    if (same) comparison.same++;
    else
      comparison.differences.push(
        `${JSON.stringify(query)}\n   ours ${a.slice(0, 300)}\n   theirs ${b.slice(0, 300)}`,
      );
  }
  return comparison;
}

/** The reference's golden queries. */
export function goldenQueries(): (GeneratedQuery & { bind?: GoldenQuery["bind"] })[] {
  const { queries } = JSON.parse(readFileSync(join(GOLDEN, "queries.json"), "utf8")) as {
    queries: GoldenQuery[];
  };
  return queries.map(({ type, dimensions, collections, where, bind, find_first: findFirst }) => ({
    where,
    ...(type === undefined ? {} : { type }),
    ...(dimensions === undefined ? {} : { dimensions }),
    ...(collections === undefined ? {} : { collections: [collections].flat() }),
    ...(bind === undefined ? {} : { bind }),
    ...(findFirst === undefined ? {} : { findFirst }),
  }));
}

/** What notes in a comparison whether two things read the same as JSON. */
export function checkInto(comparison: Comparison): (what: string, a: unknown, b: unknown) => void {
  return (what, a, b) => {
    if (JSON.stringify(a) === JSON.stringify(b)) comparison.same++;
    else comparison.differences.push(`${what}: ${JSON.stringify(a)} and ${JSON.stringify(b)}`);
  };
}

/** A comparison as the measure of a bar. */
export function verdict({ same, refused, differences }: Comparison): {
  figure: string;
  pass: boolean;
  note?: string;
} {
  const figure = `${same} of ${same + differences.length} equal${refused > 0 ? `, ${refused} refused by both` : ""}`;
  return differences.length === 0
    ? { figure, pass: true }
    : { figure, pass: false, note: differences.slice(0, 5).join("\n") };
}
