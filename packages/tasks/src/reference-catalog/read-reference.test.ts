import assert from "node:assert/strict";
import { test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import { nanojanskyFromAbMag } from "@almagest/images";
import { createTable } from "@almagest/tables";
import { readPositions, readReference } from "./read-reference.ts";

const RADIAN = Math.PI / 180;
const near = (a: ArrayLike<number>, b: readonly number[], tolerance = 1e-9): void => {
  assert.equal(a.length, b.length);
  b.forEach((value, i) => {
    if (Number.isNaN(value)) assert.ok(Number.isNaN(a[i]), `${i}: ${a[i]}`);
    else assert.ok(Math.abs(a[i]! - value) <= tolerance * Math.max(1, Math.abs(value)), `${i}: ${a[i]}`);
  });
};

test("reference catalogue: a shard of Rubin's is in radians and nJy, and stars come brightest first", () => {
  const shard = (ra: number[], r: number[]) =>
    createTable({
      coord_ra: Float64Array.from(ra, (value) => value * RADIAN),
      coord_dec: Float64Array.from(ra, () => -20 * RADIAN),
      g_flux: Float64Array.from(r, (value) => value / 2),
      r_flux: Float64Array.from(r),
      r_fluxErr: Float64Array.from(r, (value) => value / 100),
    });
  const stars = readReference([shard([10, 11], [500, 2000]), shard([12], [1000])], "r");
  assert.equal(stars.fluxColumn, "r_flux");
  near(stars.raDeg, [11, 12, 10]);
  near(stars.decDeg, [-20, -20, -20]);
  near(stars.flux, [2000, 1000, 500]);
  near(stars.fluxErr, [20, 10, 5]);
  near(readReference([shard([10], [500])], "g").flux, [250]);
});

test("reference catalogue: the units of columns count before their names", () => {
  const positions = (unit: string | undefined) =>
    readPositions(
      createTable({
        coord_ra: { data: Float64Array.of(1), ...(unit === undefined ? {} : { unit }) },
        coord_dec: { data: Float64Array.of(-0.5), ...(unit === undefined ? {} : { unit }) },
      }),
    );
  near(positions("deg").raDeg, [1]);
  near(positions("rad").raDeg, [1 / RADIAN]);
  near(positions(undefined).decDeg, [-0.5 / RADIAN]);
});

test("reference catalogue: magnitudes of VizieR, SDSS, Pan-STARRS and SExtractor become nJy with their errors", () => {
  for (const [ra, dec, mag, error] of [
    ["RAJ2000", "DEJ2000", "rmag", "e_rmag"],
    ["ra", "dec", "psfMag_r", "psfMagErr_r"],
    ["raMean", "decMean", "rMeanPSFMag", "rMeanPSFMagErr"],
    ["ALPHA_J2000", "DELTA_J2000", "mag_r", "magerr_r"],
    ["ra_deg", "dec_deg", "r", "rErr"],
  ] as const) {
    const stars = readReference(
      [
        createTable({
          [ra]: Float64Array.of(10, 11, 12),
          [dec]: Float64Array.of(-20, -21, -22),
          [mag]: Float64Array.of(18, 16, -999),
          [error]: Float64Array.of(0.01, 0.02, 0.01),
        }),
      ],
      "r",
    );
    assert.equal(stars.fluxColumn, mag);
    // What stands for "not measured" is no flux, and comes last.
    near(stars.raDeg, [11, 10, 12]);
    const [bright, faint] = [nanojanskyFromAbMag(16), nanojanskyFromAbMag(18)];
    near(stars.flux, [bright, faint, Number.NaN]);
    near(stars.fluxErr.slice(0, 2), [(bright * 0.02) / 1.0857, (faint * 0.01) / 1.0857], 1e-3);
  }
});

test("reference catalogue: another band stands in, Gaia's G too; without any flux the positions still count", () => {
  const place = { ra: Float64Array.of(10), dec: Float64Array.of(-20) };
  const flux = (columns: Record<string, Float64Array>) =>
    readReference([createTable({ ...place, ...columns })], "y");
  assert.equal(flux({ i_flux: Float64Array.of(7), r_flux: Float64Array.of(5) }).fluxColumn, "r_flux");
  assert.equal(flux({ phot_g_mean_mag: Float64Array.of(17) }).fluxColumn, "phot_g_mean_mag");
  near(flux({ phot_g_mean_mag: Float64Array.of(17) }).flux, [nanojanskyFromAbMag(17)]);
  const bare = flux({});
  assert.equal(bare.fluxColumn, undefined);
  near(bare.raDeg, [10]);
  assert.ok(Number.isNaN(bare.flux[0]));
});

test("reference catalogue: rows without position are left out, fluxes that are none are NaN", () => {
  const stars = readReference(
    [
      createTable({
        ra: Float64Array.of(Number.NaN, 11, 12),
        dec: Float64Array.of(1, 2, 3),
        r_flux: Float64Array.of(10, -3, 20),
      }),
    ],
    "r",
  );
  near(stars.raDeg, [12, 11]);
  near(stars.flux, [20, Number.NaN]);
  // An error that is not told is taken as 2 %.
  near(stars.fluxErr.slice(0, 1), [0.4]);
});

test("reference catalogue: columns that cannot be told apart are an error that lists what there is", () => {
  assert.throws(
    () => readReference([createTable({ lon: Float64Array.of(1), lat: Float64Array.of(2) })], "r"),
    (error) => isAlmagestError(error, "TASKS.REFERENCE_COLUMNS") && /lon, lat/.test(error.message),
  );
});
