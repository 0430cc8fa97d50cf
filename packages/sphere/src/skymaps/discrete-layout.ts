import { angularSeparationArcsec, wrapDegrees } from "../angle.ts";
import type { DiscreteSkyMapConfig } from "./sky-map-config.ts";
import { crossAround, type TractLayout } from "./tract-layout.ts";

/** Square tracts around listed positions; a position belongs to the tract with the nearest centre. */
export function createDiscreteLayout(config: DiscreteSkyMapConfig): TractLayout {
  const centres = config.tracts.map(({ raDeg, decDeg }) => ({ raDeg: wrapDegrees(raDeg), decDeg }));
  return {
    tractCount: centres.length,
    centre: (id) => centres[id]!,
    extent: (id) => crossAround(centres[id]!, config.tracts[id]!.radiusDeg + config.tractOverlapDeg),
    innerRegion: () => undefined,
    findId(raDeg, decDeg) {
      let best = 0;
      let nearest = Number.POSITIVE_INFINITY;
      centres.forEach((centre, id) => {
        const apart = angularSeparationArcsec(raDeg, decDeg, centre.raDeg, centre.decDeg);
        if (apart < nearest) {
          nearest = apart;
          best = id;
        }
      });
      return best;
    },
  };
}
