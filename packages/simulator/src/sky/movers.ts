import type { Random } from "@almagest/base";
import { offsetPosition } from "@almagest/sphere";
import { drawPosition, type Field } from "./field.ts";
import { fluxesOf } from "./star-colours.ts";

/** A minor planet: where it is at one time, and how it moves from there along a great circle. */
export interface Mover {
  readonly id: number;
  readonly epochMjd: number;
  readonly raDeg: number;
  readonly decDeg: number;
  readonly rateArcsecPerHour: number;
  /** Direction of motion, north through east. */
  readonly angleDeg: number;
  readonly flux: Readonly<Record<string, number>>;
}

/** Draws movers, each in the field on one of the nights (MJD of their middles). */
export function drawMovers(count: number, field: Field, nights: readonly number[], random: Random): Mover[] {
  return Array.from({ length: nights.length === 0 ? 0 : count }, (_, index) => {
    const r = 18.5 + 4 * Math.sqrt(random.uniform());
    // Inner part of the field, so that most are on a detector.
    const place = drawPosition({ ...field, radiusArcsec: field.radiusArcsec * 0.6 }, random);
    return {
      id: index + 1,
      epochMjd: nights[index % nights.length]!,
      ...place,
      rateArcsecPerHour: 15 + 30 * random.uniform(),
      angleDeg: 290 + 25 * random.normal(),
      flux: fluxesOf({ u: r + 2, g: r + 0.55, r, i: r - 0.18, z: r - 0.22, y: r - 0.22 }),
    };
  });
}

/** Where a mover is at a time. */
export function moverPosition(mover: Mover, mjd: number): { raDeg: number; decDeg: number } {
  const distance = (mjd - mover.epochMjd) * 24 * mover.rateArcsecPerHour;
  return offsetPosition(
    mover.raDeg,
    mover.decDeg,
    mover.angleDeg + (distance < 0 ? 180 : 0),
    Math.abs(distance),
  );
}
