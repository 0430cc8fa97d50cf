import type { DataId, DataIdValue } from "@almagest/butler";

const literal = (value: DataIdValue): string =>
  typeof value === "string" ? `'${value.replaceAll("'", "''")}'` : String(value);

/** A query expression for exactly some data ids of the same dimensions; values of the last dimension are put in lists,
 * so that its length grows with the distinct rest only. */
export function dataIdQuery(dataIds: readonly DataId[]): string {
  const names = Object.keys(dataIds[0] ?? {});
  const last = names.at(-1);
  if (last === undefined) return "";
  const groups = new Map<string, DataIdValue[]>();
  for (const dataId of dataIds) {
    const head = names.slice(0, -1).map((name) => `${name} = ${literal(dataId[name]!)}`);
    const key = head.join(" AND ");
    groups.set(key, [...(groups.get(key) ?? []), dataId[last]!]);
  }
  const terms = [...groups].map(([head, values]) => {
    const tail =
      values.length === 1
        ? `${last} = ${literal(values[0]!)}`
        : `${last} IN (${values.map(literal).join(", ")})`;
    return head === "" ? `(${tail})` : `(${head} AND ${tail})`;
  });
  return terms.join(" OR ");
}
