import { AlmagestError, isAlmagestError } from "@almagest/base";
import type { SqlValue } from "@almagest/database";
import type { Repository } from "../repository/repository.ts";
import type { DimensionElement } from "./dimension-element.ts";
import { keyOfRow, selectRows } from "./record-rows.ts";

/** Dimensions that an element refers to, with the slots of a row that hold their required values. */
function references(
  repository: Repository,
  element: DimensionElement,
): { target: DimensionElement; slots: number[] }[] {
  return [...element.required, ...element.implied].flatMap((name) => {
    const target = repository.universe.element(name);
    if (name === element.name || !target.hasTable || target.columns.length === 0) return [];
    const slots = target.required.map((dimension) =>
      element.columns.findIndex((column) => column.dimension === dimension),
    );
    return [{ target, slots }];
  });
}

/** What a refused insert of records means: a key that exists, a reference to nothing, or a repeated unique value. */
export async function explainRecordFailure(
  repository: Repository,
  element: DimensionElement,
  rows: readonly (readonly SqlValue[])[],
  cause: unknown,
): Promise<unknown> {
  if (!isAlmagestError(cause, "DATABASE.CONSTRAINT")) return cause;
  const [existing] = await selectRows(
    repository,
    element,
    rows.map((row) => keyOfRow(element, row)),
  );
  if (existing !== undefined) {
    const key = keyOfRow(element, existing);
    return new AlmagestError(
      "BUTLER.RECORD_CONFLICT",
      `A record of ${element.name} with key ${key.join(", ")} exists already.`,
      { cause, fields: { element: element.name, key } },
    );
  }
  for (const { target, slots } of references(repository, element)) {
    for (const row of rows) {
      const key = slots.map((slot) => row[slot]!);
      if ((await selectRows(repository, target, [key])).length > 0) continue;
      return new AlmagestError(
        "BUTLER.RECORD_MISSING",
        `A record of ${element.name} refers to ${target.name} ${key.join(", ")}, which is not in the repository; insert it first.`,
        { cause, fields: { element: element.name, refersTo: target.name, key } },
      );
    }
  }
  return new AlmagestError(
    "BUTLER.RECORD_CONFLICT",
    `A record of ${element.name} repeats a value that must be unique (${(cause as Error).message})`,
    { cause, fields: { element: element.name } },
  );
}
