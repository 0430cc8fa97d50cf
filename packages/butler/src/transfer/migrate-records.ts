import { taiNsToIso } from "@almagest/sphere";
import { toDimensionRecord } from "./export-file.ts";

type RawRecord = Record<string, unknown>;

/** Records by element, in the order in which they are to be inserted. */
export type RawRecords = Map<string, RawRecord[]>;

function add(records: RawRecords, element: string, rows: readonly RawRecord[]): void {
  const list = records.get(element);
  if (list === undefined) records.set(element, [...rows]);
  else list.push(...rows);
}

/** Day of observation of a record of universe 0: the date on which it began. */
function dayOf(record: RawRecord): number {
  const span = toDimensionRecord(record).timespan as { begin?: bigint } | null | undefined;
  return Number(
    taiNsToIso(span?.begin ?? 0n, "tai", 0)
      .slice(0, 10)
      .replaceAll("-", ""),
  );
}

function uniqueRows(rows: readonly RawRecord[]): RawRecord[] {
  return [...new Map(rows.map((row) => [JSON.stringify(row), row])).values()];
}

/**
 * Brings records of an older universe to the present one, as the original does: visit systems become memberships
 * (universe 2), groups and days of observation become dimensions (universe 6).
 */
export function migrateRecords(
  records: readonly (readonly [element: string, rows: RawRecord[]])[],
  universeVersion: number,
): RawRecords {
  const migrated: RawRecords = new Map();
  for (const [element, given] of records) {
    let rows = given;
    if (element === "visit" && universeVersion < 1) {
      rows = rows.map(({ seeing: _, ...row }) => ({ ...row, day_obs: row.day_obs ?? dayOf(row) }));
    }
    if (element === "visit" && universeVersion < 2) {
      add(
        migrated,
        "visit_system_membership",
        rows.map((row) => ({ instrument: row.instrument, visit_system: row.visit_system, visit: row.id })),
      );
      rows = rows.map(({ visit_system: _, ...row }) => row);
    }
    if (element === "visit_definition" && universeVersion < 2) {
      rows = uniqueRows(rows.map(({ visit_system: _, ...row }) => row));
    }
    if (element === "exposure" && universeVersion < 6) {
      rows = rows.map(({ group_name: group, group_id: _, ...row }) => ({ group, ...row }));
      add(
        migrated,
        "group",
        uniqueRows(rows.map((row) => ({ instrument: row.instrument, name: row.group }))),
      );
    }
    if ((element === "exposure" || element === "visit") && universeVersion < 6) {
      add(
        migrated,
        "day_obs",
        uniqueRows(rows.map((row) => ({ instrument: row.instrument, id: row.day_obs, timespan: null }))),
      );
    }
    add(migrated, element, rows);
  }
  return migrated;
}
