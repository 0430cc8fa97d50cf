import { sql } from "@almagest/database";
import type { DimensionGroup } from "../dimensions/dimension-group.ts";
import type { Repository } from "../repository/repository.ts";

/** The number that stands for a dimension group in the repository. */
export interface GraphKeys {
  /** The group of a stored number. */
  groupOf(key: number): Promise<DimensionGroup>;
  /** The number of a group, assigning a new one if need be (inside a transaction). The empty group is 0. */
  keyOf(group: DimensionGroup): Promise<number>;
}

/** The dimension groups known to a repository. */
export function createGraphKeys(repository: Repository): GraphKeys {
  const { db, universe } = repository;
  const byKey = new Map<number, DimensionGroup>([[0, universe.completeGroup([])]]);
  const byGroup = new Map<string, number>([["", 0]]);
  const load = async (): Promise<void> => {
    const names = new Map<number, string[]>();
    const rows = await db.rows(
      sql`SELECT dimension_graph_id, dimension_name FROM dimension_graph_definition ORDER BY dimension_graph_id`,
    );
    for (const [id, name] of rows) {
      const list = names.get(Number(id)) ?? [];
      list.push(name as string);
      names.set(Number(id), list);
    }
    for (const [id, list] of names) {
      const group = universe.completeGroup(list);
      byKey.set(id, group);
      byGroup.set(group.key, id);
    }
  };
  return {
    groupOf: async (key) => {
      if (!byKey.has(key)) await load();
      return byKey.get(key) ?? universe.completeGroup([]);
    },
    keyOf: async (group) => {
      const known = byGroup.get(group.key);
      if (known !== undefined) return known;
      await load();
      const stored = byGroup.get(group.key);
      if (stored !== undefined) return stored;
      const [row] = await db.rows(
        db.dialect === "sqlite"
          ? sql`INSERT INTO dimension_graph_key DEFAULT VALUES RETURNING id`
          : sql`INSERT INTO dimension_graph_key (id) VALUES (nextval('dimension_graph_key_seq_id')) RETURNING id`,
      );
      const key = Number(row![0]);
      await db.insertMany(
        "dimension_graph_definition",
        ["dimension_graph_id", "dimension_name"],
        group.required.map((name) => [key, name]),
      );
      return key;
    },
  };
}
