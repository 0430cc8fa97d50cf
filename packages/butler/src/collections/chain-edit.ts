import { AlmagestError } from "@almagest/base";
import { sql } from "@almagest/database";
import type { Repository } from "../repository/repository.ts";
import type { CollectionRow, CollectionStore } from "./collection-store.ts";

/** How new children enter a chain. */
export type ChainEdit = "replace" | "prepend" | "extend" | "remove";

async function checkNoCycle(
  collections: CollectionStore,
  parent: CollectionRow,
  child: CollectionRow,
): Promise<void> {
  if (child.id === parent.id) {
    throw new AlmagestError("BUTLER.COLLECTION_CYCLE", `The chain '${parent.name}' would contain itself.`, {
      fields: { chain: parent.name },
    });
  }
  if (child.kind !== "CHAINED") return;
  for (const next of await collections.children(child)) await checkNoCycle(collections, parent, next);
}

/** Changes the children of a chain in one transaction; positions as the original gives them (prepending makes negative
 * ones). Throws `BUTLER.COLLECTION_MISSING`, `BUTLER.COLLECTION_KIND`, `BUTLER.COLLECTION_CYCLE`. */
export async function editChain(
  repository: Repository,
  collections: CollectionStore,
  name: string,
  edit: ChainEdit,
  childNames: readonly string[],
): Promise<void> {
  const { db } = repository;
  await db.transaction(async () => {
    collections.invalidate();
    const parent = await collections.get(name);
    // Edits of one chain follow one another, ours and the original's.
    if (db.dialect === "postgresql")
      await db.run(sql`SELECT 1 FROM collection WHERE collection_id = ${parent.id} FOR UPDATE`);
    if (parent.kind !== "CHAINED") {
      throw new AlmagestError(
        "BUTLER.COLLECTION_KIND",
        `'${name}' is a ${parent.kind} collection, not CHAINED.`,
        {
          fields: { collection: name, kind: parent.kind },
        },
      );
    }
    const children: CollectionRow[] = [];
    for (const childName of new Set(childNames)) children.push(await collections.get(childName));
    for (const child of children) await checkNoCycle(collections, parent, child);
    if (edit === "replace") {
      await db.run(sql`DELETE FROM collection_chain WHERE parent = ${parent.id}`);
    } else {
      for (const child of children) {
        await db.run(sql`DELETE FROM collection_chain WHERE parent = ${parent.id} AND child = ${child.id}`);
      }
    }
    if (edit !== "remove") {
      const [bounds] = await db.rows(
        sql`SELECT min(position), max(position) FROM collection_chain WHERE parent = ${parent.id}`,
      );
      const [lowest, highest] = bounds!;
      const start =
        lowest === null ? 0 : edit === "prepend" ? Number(lowest) - children.length : Number(highest) + 1;
      await db.insertMany(
        "collection_chain",
        ["parent", "position", "child"],
        children.map((child, index) => [parent.id, start + index, child.id]),
      );
    }
  });
  collections.invalidate();
}
