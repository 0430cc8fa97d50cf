import { createRandom } from "../../packages/base/src/index.ts";

/** A query in the terms both Butlers understand. */
export interface GeneratedQuery {
  readonly dimensions?: readonly string[];
  readonly type?: string;
  readonly collections?: readonly string[];
  readonly findFirst?: boolean;
  readonly where: string;
}

const VISIT = [
  "visit > 40",
  "visit IN (10, 30..70:20)",
  "visit NOT IN (20..60)",
  "visit % 20 = 0",
  "visit + 5 < 50",
  "visit / 20 = 1.5",
  "visit * 2 >= 100",
  "-visit < -50",
  "visit.name = 'V30'",
  "visit.name != 'V30'",
  "visit.name > 'V5'",
  "GLOB(visit.name, 'V?0')",
  "visit.seq_num IN (1, 2)",
  "visit.exposure_time >= 30.0",
  "visit.exposure_time * 2.0 > 59.5",
  "visit.azimuth = NULL",
  "visit.zenith_angle != NULL",
  "visit.timespan OVERLAPS (T'2026-01-01T20:00:10/tai', T'2026-01-01T20:03:10/tai')",
  "visit.timespan OVERLAPS T'2026-01-02T20:00:20/tai'",
  "visit.timespan.begin < T'2026-01-02'",
  "visit.timespan.end > T'61042.5'",
  "day_obs = 20260101",
  "visit.day_obs IN (20260102)",
  "band = 'r'",
  "band IN ('g', 'i')",
  "physical_filter = 'i_01'",
  "GLOB(physical_filter, '*_01')",
] as const;

const EXPOSURE = [
  "exposure IN (10..50:10)",
  "exposure.has_simulated",
  "NOT exposure.can_see_sky",
  "exposure.obs_id = 'CX_00040'",
  "GLOB(exposure.obs_id, 'CX_000?0')",
  "exposure.tracking_ra > 45.0",
  "exposure.tracking_dec < -20.5",
  "exposure.dark_time - 0.5 = 30.0",
  "exposure.sky_angle = NULL",
  "group IN ('G10', 'G50', 'G90')",
  "exposure.timespan OVERLAPS (T'2026-01-02T12:00:00/tai', NULL)",
  "exposure.target_name = 'field 3'",
] as const;

const DETECTOR = [
  "detector < 2",
  "detector IN (1, 3)",
  "detector.purpose = 'SCIENCE'",
  "detector.raft = 'R0'",
  "detector.full_name > 'R0_S1'",
] as const;
const SKY = ["tract IN (0, 2)", "tract > 0", "tract != 1"] as const;
const PATCH = [
  "patch = 1",
  "patch.cell_x = 0",
  "patch.cell_y + patch.cell_x = 1",
  "patch IN (0..2)",
] as const;
const REGION = [
  "visit.region OVERLAPS POINT(10, -5)",
  "visit.region OVERLAPS CIRCLE(20, -10, 0.5)",
  "visit.region OVERLAPS BOX(30, -15, 2, 2)",
  "visit.region OVERLAPS REGION('POLYGON 9 -6 21 -11 21 -4 9 -4')",
  "visit.region OVERLAPS REGION('RANGE 5 25 -12 0')",
] as const;

const KINDS = [
  { dimensions: ["visit"], pool: [VISIT], spatial: true },
  { dimensions: ["exposure"], pool: [EXPOSURE], spatial: false },
  { dimensions: ["exposure", "visit"], pool: [VISIT, EXPOSURE], spatial: true },
  { dimensions: ["visit", "detector"], pool: [VISIT, DETECTOR], spatial: true },
  { dimensions: ["visit", "tract"], pool: [VISIT, SKY], spatial: true, sky: true },
  { dimensions: ["visit", "detector", "patch"], pool: [VISIT, DETECTOR, PATCH], spatial: true, sky: true },
  { dimensions: ["tract", "htm7"], pool: [SKY], spatial: false, sky: true },
  {
    dimensions: ["physical_filter"],
    pool: [["band = 'r'", "band != 'g'", "physical_filter > 'h'"]],
    spatial: false,
  },
  {
    type: "vd",
    collections: [["CamX/runA"], ["CamX/defaults"], ["CamX/runB", "CamX/runA"], ["outer"], ["CamX/tagged"]],
    pool: [VISIT, DETECTOR],
    spatial: true,
  },
  {
    type: "raw_like",
    collections: [["CamX/runA"], ["CamX/defaults"]],
    pool: [EXPOSURE, DETECTOR],
    spatial: false,
  },
  {
    type: "coadd",
    collections: [["CamX/runA"]],
    pool: [PATCH, ["band = 'r'", "tract = 0"]],
    spatial: false,
    sky: true,
  },
  {
    type: "bias",
    collections: [["CamX/calib/gen1"], ["CamX/calib/gen2", "CamX/calib/gen1"]],
    pool: [DETECTOR],
    spatial: false,
  },
] as const;

/** Random queries, the same for the same seed. Where the original refuses (spatial tests below OR or NOT), none are made. */
export function generateQueries(count: number, seed: number): GeneratedQuery[] {
  const random = createRandom(seed);
  const pick = <T>(list: readonly T[]): T => list[random.integer(list.length)]!;
  const condition = (pools: readonly (readonly string[])[], depth: number): string => {
    const roll = random.uniform();
    if (depth === 0 || roll < 0.35) return pick(pick(pools));
    if (roll < 0.5) return `NOT (${condition(pools, depth - 1)})`;
    return `(${condition(pools, depth - 1)} ${roll < 0.75 ? "AND" : "OR"} ${condition(pools, depth - 1)})`;
  };
  return Array.from({ length: count }, () => {
    const kind = pick(KINDS);
    const parts = ["instrument = 'CamX'"];
    if ("sky" in kind) parts.push("skymap = 'sky_v1'");
    if ("sky" in kind && !kind.pool.some((pool) => (pool as readonly string[]).includes(VISIT[0])))
      parts.shift();
    parts.push(condition(kind.pool, 3));
    if (kind.spatial && random.uniform() < 0.3) parts.push(pick(REGION));
    const where = parts.join(" AND ");
    return "type" in kind
      ? {
          type: kind.type,
          collections: pick<readonly string[]>(kind.collections),
          findFirst: random.uniform() < 0.5,
          where,
        }
      : { dimensions: kind.dimensions, where };
  });
}
