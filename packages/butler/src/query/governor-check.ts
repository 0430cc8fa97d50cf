import { identifier, sql } from "@almagest/database";
import type { ButlerState } from "../direct/butler-state.ts";
import type { DataId } from "../types.ts";
import { type Expression, walkExpression } from "./expression/ast.ts";
import { queryError } from "./expression/query-error.ts";
import type { ResolvedName } from "./resolve-name.ts";

/** Governors that an expression compares with a value. */
function constrainedGovernors(where: Expression): Set<string> {
  const found = new Set<string>();
  walkExpression(where, (part) => {
    const sides =
      part.kind === "compare" && part.op === "="
        ? [part.left, part.right]
        : part.kind === "in"
          ? [part.member]
          : [];
    for (const side of sides)
      if (side.kind === "name") found.add(side.name.replace(/\.(name|instrument|skymap)$/, ""));
  });
  return found;
}

/**
 * Refuses `visit = 10` without an instrument where the repository has several: the number would mean another visit in
 * each. (The original refuses it even where there is one.) Throws `BUTLER.QUERY_INVALID`.
 */
export async function checkGovernors(
  state: ButlerState,
  text: string,
  where: Expression | undefined,
  uses: readonly { readonly name: ResolvedName; readonly at: number }[],
  dataId: DataId,
): Promise<void> {
  if (where === undefined) return;
  const { universe, db } = state.repository;
  const constrained = constrainedGovernors(where);
  for (const { name, at } of uses) {
    if (name.kind === "dataset") continue;
    const element = universe.element(name.kind === "field" ? name.element : name.dimension);
    for (const governor of element.required) {
      if (!universe.element(governor).isGovernor || governor === element.name) continue;
      if (constrained.has(governor) || dataId[governor] !== undefined) continue;
      const rows = await db.rows(sql`SELECT 1 FROM ${identifier(governor)} LIMIT 2`);
      if (rows.length > 1) {
        throw queryError(text, at, `Say which ${governor}: add ${governor}='…' AND`);
      }
    }
  }
}
