import { angularSeparationArcsec } from "@almagest/sphere";
import type { EpochComparison, LoneSource } from "./compare-epochs.ts";
import type { SettledFrame } from "./settled-frame.ts";

/** A lone source with the frame that shows it. */
export interface Sighting {
  readonly source: LoneSource;
  readonly frame: SettledFrame;
}

/** Two sightings of one night that may be the same moving thing. */
export interface Mover {
  readonly from: Sighting;
  readonly to: Sighting;
  readonly hours: number;
  readonly arcsecPerHour: number;
}

/** Sightings farther apart in time are not linked, hours. */
const LONGEST_HOURS = 12;
/** Slowest and fastest motion that is looked for: beyond is noise, or chance. */
const SLOWEST_ARCSEC_PER_HOUR = 2;
const FASTEST_ARCSEC_PER_HOUR = 120;
/** Nearer than this two sightings are at one place. */
const SAME_ARCSEC = 0.4;

const hoursOf = ({ frame }: Sighting): number => Number(frame.frame.info.beginTaiNs) / 3.6e12;

/** Links sources that only one epoch shows, in different frames of that epoch, by motions that asteroids have. */
export function linkMovers(comparisons: readonly EpochComparison[]): Mover[] {
  const sightings = comparisons.flatMap((comparison) =>
    comparison.lone.map(
      (source): Sighting => ({
        source,
        frame: source.epoch === 1 ? comparison.first : comparison.second,
      }),
    ),
  );
  sightings.sort((a, b) => hoursOf(a) - hoursOf(b));
  const movers: Mover[] = [];
  for (const [k, from] of sightings.entries()) {
    for (const to of sightings.slice(k + 1)) {
      const hours = hoursOf(to) - hoursOf(from);
      if (hours <= 0 || hours > LONGEST_HOURS || from.frame.field !== to.frame.field) continue;
      const apart = angularSeparationArcsec(
        from.source.raDeg,
        from.source.decDeg,
        to.source.raDeg,
        to.source.decDeg,
      );
      const speed = apart / hours;
      if (apart < SAME_ARCSEC || speed < SLOWEST_ARCSEC_PER_HOUR || speed > FASTEST_ARCSEC_PER_HOUR) continue;
      movers.push({ from, to, hours, arcsecPerHour: speed });
    }
  }
  return movers;
}
