import assert from "node:assert/strict";
import { test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import { parseWcs } from "./parse-wcs.ts";

const good = {
  CTYPE1: "RA---TAN",
  CTYPE2: "DEC--TAN",
  CRVAL1: 10,
  CRVAL2: 20,
  CRPIX1: 1,
  CRPIX2: 1,
  CDELT1: -1e-4,
  CDELT2: 1e-4,
};
const parse = (header: Record<string, string | number | boolean>): ReturnType<typeof parseWcs> =>
  parseWcs((key) => header[key]);

test("headers that cannot be mapped are refused, each with the code that says why", () => {
  const cases: [Record<string, string | number | boolean>, string][] = [
    [{}, "SPHERE.WCS_MISSING"],
    [{ ...good, CTYPE1: "GLON-TAN", CTYPE2: "GLAT-TAN" }, "SPHERE.WCS_UNSUPPORTED"],
    [{ ...good, CTYPE1: "RA---TNX", CTYPE2: "DEC--TNX" }, "SPHERE.WCS_UNSUPPORTED"],
    [{ ...good, CTYPE2: "RA---TAN" }, "SPHERE.WCS_UNSUPPORTED"],
    [{ ...good, CTYPE1: "WAVE" }, "SPHERE.WCS_UNSUPPORTED"],
    [{ ...good, EQUINOX: 1950 }, "SPHERE.WCS_UNSUPPORTED"],
    [{ ...good, RADESYS: "FK4" }, "SPHERE.WCS_UNSUPPORTED"],
    [{ ...good, CRVAL1: "north" }, "SPHERE.WCS_INVALID"],
    [{ ...good, CRVAL2: 91 }, "SPHERE.WCS_INVALID"],
    [{ ...good, CDELT2: 0 }, "SPHERE.WCS_INVALID"],
    [{ ...good, CUNIT1: "m" }, "SPHERE.WCS_INVALID"],
    [{ ...good, CTYPE1: true }, "SPHERE.WCS_INVALID"],
    [{ ...good, A_ORDER: 2 }, "SPHERE.WCS_INVALID"],
    [{ ...good, A_ORDER: 12, B_ORDER: 2 }, "SPHERE.WCS_INVALID"],
    [{ ...good, CTYPE1: "RA---SIN", CTYPE2: "DEC--SIN", PV2_1: 0.1 }, "SPHERE.WCS_UNSUPPORTED"],
  ];
  for (const [header, code] of cases) {
    assert.throws(
      () => parse(header),
      (error) => isAlmagestError(error, code),
      JSON.stringify(header),
    );
  }
});

test("FK5 counts as ICRS, units and numbers as text are read, SIP counts without its suffix", () => {
  const plain = parse({ ...good, RADESYS: "FK5", EQUINOX: 2000 });
  const inArcsec = parse({ ...good, CUNIT1: "arcsec", CRVAL1: "36000", CDELT1: -0.36 });
  const [a, b] = [plain.pixelToSky(7, 8), inArcsec.pixelToSky(7, 8)];
  assert.ok(Math.abs(a.raDeg - b.raDeg) < 1e-12 && Math.abs(a.decDeg - b.decDeg) < 1e-12);
  const bent = parse({ ...good, A_ORDER: 2, B_ORDER: 2, A_2_0: 1e-3 });
  assert.ok(Math.abs(bent.skyToPixel(a.raDeg, a.decDeg).x - 7) > 0.01);
  assert.equal(new Map(bent.toFitsCards()).get("CTYPE1"), "RA---TAN-SIP");
});
