import { AlmagestError } from "@almagest/base";
import { identifier, rawSql, sql } from "@almagest/database";
import { createUniverse, type Universe } from "../dimensions/universe.ts";
import type { UniverseConfig } from "../dimensions/universe-config.ts";
import { createTable } from "../schema/create-table.ts";
import { elementTables } from "../schema/element-tables.ts";
import type { TableSpec } from "../schema/table-spec.ts";
import { type ColumnChanges, changeTable, rewriteTables } from "./change-table.ts";
import type { MigrationContext } from "./migration.ts";
import { dayOffsetHours, daySpan } from "./observing-day.ts";

/** Changes of the tables that go with one version of the dimensions. */
type TableStep = (context: MigrationContext, universe: Universe) => Promise<void>;

function specOf(universe: Universe, name: string): TableSpec {
  return elementTables(universe).find((spec) => spec.name === name)!;
}

const change = (
  { db }: MigrationContext,
  universe: Universe,
  table: string,
  changes: ColumnChanges = {},
): Promise<void> => changeTable(db, specOf(universe, table), changes);

async function refuseNulls({ db }: MigrationContext, table: string, column: string): Promise<void> {
  const [row] = await db.rows(
    sql`SELECT count(*) FROM ${identifier(table)} WHERE ${identifier(column)} IS NULL`,
  );
  if (Number(row![0]) === 0) return;
  throw new AlmagestError(
    "BUTLER.MIGRATION_REFUSED",
    `${row![0]} rows of '${table}' have no ${column}, which the next version needs. Give them one, then migrate again.`,
    { fields: { table, column } },
  );
}

const addVisitSystems: TableStep = async (context, universe) => {
  const { db, options } = context;
  await change(context, universe, "instrument", {
    values: {
      visit_system: "CASE WHEN name IN ('LSSTCam', 'LATISS', 'LSSTComCam') THEN 2 ELSE 0 END",
    },
  });
  await change(context, universe, "exposure", {
    values: {
      seq_start: "seq_num",
      seq_end: "seq_num",
      has_simulated: ["1", "true"].includes(options.has_simulated ?? "0") ? "TRUE" : "FALSE",
    },
  });
  await change(context, universe, "visit", {
    values: {
      seq_num:
        "(SELECT min(e.seq_num) FROM exposure e JOIN visit_definition d ON d.instrument = e.instrument AND d.exposure = e.id WHERE d.instrument = visit.instrument AND d.visit = visit.id)",
    },
  });
  await createTable(db, specOf(universe, "visit_system_membership"));
  await db.run(
    sql`INSERT INTO visit_system_membership (instrument, visit_system, visit) SELECT DISTINCT instrument, visit_system, visit FROM visit_definition WHERE visit IS NOT NULL`,
  );
  const [row] = await db.rows(sql`SELECT count(*) FROM visit_definition WHERE visit IS NULL`);
  if (Number(row![0]) > 0) await db.run(sql`DELETE FROM visit_definition WHERE visit IS NULL`);
  // One exposure may have been in one visit by two systems: those rows are one now.
  await db.run(
    sql`DELETE FROM visit_definition WHERE EXISTS (SELECT 1 FROM visit_definition o WHERE o.instrument = visit_definition.instrument AND o.exposure = visit_definition.exposure AND o.visit = visit_definition.visit AND o.visit_system < visit_definition.visit_system)`,
  );
  await change(context, universe, "visit_definition");
};

const widenReasons: TableStep = async (context, universe) => {
  if (context.db.dialect === "sqlite") {
    for (const table of ["visit", "exposure"]) await change(context, universe, table);
    return;
  }
  for (const table of ["visit", "exposure"])
    await context.db.run(sql`ALTER TABLE ${identifier(table)} ALTER COLUMN observation_reason TYPE TEXT`);
};

const widenInstruments: TableStep = async ({ db }) => {
  if (db.dialect === "sqlite") {
    await rewriteTables(db, (statement, table) => {
      const column = table === "instrument" ? "name" : "instrument";
      return statement
        .replace(new RegExp(`(\\b${column}"? VARCHAR)\\(16\\)`), "$1(32)")
        .replace(new RegExp(`(length\\("?${column}"?\\) ?<= ?)16\\b`), "$132");
    });
    return;
  }
  const columns = await db.rows(
    sql`SELECT table_name::text, column_name::text FROM information_schema.columns WHERE table_schema = current_schema() AND character_maximum_length = 16 AND (column_name = 'instrument' OR table_name = 'instrument' AND column_name = 'name')`,
  );
  for (const [table, column] of columns as [string, string][])
    await db.run(sql`ALTER TABLE ${identifier(table)} ALTER COLUMN ${identifier(column)} TYPE VARCHAR(32)`);
};

/** The span of an observing day by the options of the user, or by its instrument. */
function spanOf(
  instrument: string,
  day: number,
  options: MigrationContext["options"],
): { begin: bigint; end: bigint } {
  const given = options[`day_obs_offset_hours.${instrument}`] ?? options.day_obs_offset_hours;
  const hours = given === undefined ? dayOffsetHours(instrument) : Number(given);
  const span = Number.isInteger(hours) ? daySpan(day, hours) : undefined;
  if (span !== undefined) return span;
  throw new AlmagestError(
    "BUTLER.MIGRATION_REFUSED",
    `The observing day ${day} of ${instrument} has no span: days are YYYYMMDD, day_obs_offset_hours a whole number.`,
    { fields: { instrument, day } },
  );
}

const addDaysAndGroups: TableStep = async (context, universe) => {
  const { db, options } = context;
  // Both are filled from the exposures, which must not change meanwhile.
  if (db.dialect === "postgresql") await db.run(rawSql("LOCK TABLE exposure, visit IN EXCLUSIVE MODE"));
  await refuseNulls(context, "exposure", "day_obs");
  await refuseNulls(context, "exposure", "group_name");
  const visitDay =
    "COALESCE(day_obs, (SELECT min(e.day_obs) FROM exposure e JOIN visit_definition d ON d.instrument = e.instrument AND d.exposure = e.id WHERE d.instrument = visit.instrument AND d.visit = visit.id))";
  await createTable(db, specOf(universe, "day_obs"), specOf(universe, "group"));
  await db.run(
    sql`INSERT INTO "group" (instrument, name) SELECT DISTINCT instrument, group_name FROM exposure`,
  );
  const days = (await db.rows(
    sql`SELECT instrument, day_obs FROM exposure UNION SELECT instrument, day_obs FROM visit WHERE day_obs IS NOT NULL`,
  )) as [string, number][];
  for (const [instrument, day] of days) {
    const { begin, end } = spanOf(instrument, Number(day), options);
    if (db.dialect === "sqlite")
      await db.run(
        sql`INSERT INTO day_obs (instrument, id, timespan_begin, timespan_end) VALUES (${instrument}, ${day}, ${begin}, ${end})`,
      );
    else
      await db.run(
        sql`INSERT INTO day_obs (instrument, id, timespan) VALUES (${instrument}, ${day}, int8range(${begin}, ${end}))`,
      );
  }
  await change(context, universe, "visit", { values: { day_obs: visitDay } });
  await change(context, universe, "exposure", { renamed: { group: "group_name" } });
};

const quoted = (...texts: string[]): string => texts.map((text) => `'${text}'`).join(", ");

/** Kinds of observation from which it follows whether the sky was to be seen; others stay without. */
const SEES_SKY = `CASE WHEN observation_type IN (${quoted("science", "object", "standard", "standard_star", "sky flat", "skyflat", "focus", "focusing", "exp", "skyexp")}) THEN TRUE WHEN observation_type IN (${quoted("dark", "bias", "agexp", "domeflat", "dome flat", "zero", "spot")}) THEN FALSE END`;

const addSkySight: TableStep = (context, universe) =>
  change(context, universe, "exposure", { values: { can_see_sky: SEES_SKY } });

const addSolarSystem: TableStep = async ({ db }, universe) => {
  const names = ["ssp_hypothesis_table", "ssp_hypothesis_bundle", "ssp_balanced_index"];
  await createTable(db, ...names.map((name) => specOf(universe, name)));
};

const onlyConfig: TableStep = async () => {};

const STEPS: readonly { readonly summary: string; readonly run: TableStep }[] = [
  { summary: "Knows HEALPix pixels and a namespace.", run: onlyConfig },
  {
    summary:
      "Visits may be of several visit systems; instruments, visits and exposures get more columns (has_simulated: option, 0 unless given).",
    run: addVisitSystems,
  },
  { summary: "Reasons of observations may have 68 characters.", run: widenReasons },
  { summary: "Says which elements are filled with their visit.", run: onlyConfig },
  { summary: "Names of instruments may have 32 characters.", run: widenInstruments },
  {
    summary:
      "Observing days and groups of exposures are dimensions (day_obs_offset_hours: option; 12 unless given, 0 for HSC, SuprimeCam and MegaPrime).",
    run: addDaysAndGroups,
  },
  { summary: "Exposures tell whether they could see the sky.", run: addSkySight },
  { summary: "Knows the dimensions of the search for solar system objects.", run: addSolarSystem },
];

/** What the step from a version of the dimensions does. */
export function universeSummary(from: number): string {
  return STEPS[from]!.summary;
}

/** Changes the tables for the next version of the dimensions, whose configuration is given. */
export async function changeUniverseTables(context: MigrationContext, next: UniverseConfig): Promise<void> {
  await STEPS[next.version - 1]!.run(context, createUniverse(next));
}
