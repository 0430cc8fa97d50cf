import type { createSurveyOptions } from "@almagest/simulator";
import type { SkyMapConfig } from "@almagest/sphere";

/** Sizes of the demonstration: `standard` is what a newcomer sees, `tiny` proves an installation in half a minute. */
export const DEMO_SIZES = ["standard", "tiny"] as const;

/** One of the sizes. */
export type DemoSize = (typeof DEMO_SIZES)[number];

type SurveyChanges = NonNullable<Parameters<typeof createSurveyOptions>[0]>;

/** What the demonstration observes. */
export function demoSurvey(size: DemoSize, seed: number): SurveyChanges {
  if (size === "standard") return { seed };
  return {
    seed,
    camera: { columns: 1, rows: 1 },
    bands: ["r"],
    visitsPerBand: 2,
    biases: 3,
    darks: 2,
    flats: 2,
    supernovae: 2,
    movers: 1,
  };
}

/** The demonstration's sky map: one tract around the field, patches of about a thousand pixels. */
export function demoSkyMap(
  raDeg: number,
  decDeg: number,
  radiusDeg: number,
  pixelScaleArcsec: number,
): SkyMapConfig {
  return {
    kind: "discrete",
    name: "demo",
    pixelScaleArcsec,
    tractOverlapDeg: 0,
    patches: { kind: "legacy", innerWidth: 1000, innerHeight: 1000, border: 50 },
    tracts: [{ raDeg, decDeg, radiusDeg }],
  };
}
