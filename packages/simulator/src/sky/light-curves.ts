import type { Random } from "@almagest/base";
import { magToNanojansky } from "../optics/bands.ts";

/** How the brightness of one source changes. Times are days (MJD TAI). */
export type LightCurve =
  | {
      readonly kind: "rr_lyrae";
      readonly periodDays: number;
      readonly epochMjd: number;
      readonly amplitudeMag: number;
    }
  | {
      readonly kind: "eclipsing";
      readonly periodDays: number;
      readonly epochMjd: number;
      readonly depth: number;
      readonly second: number;
    }
  | {
      readonly kind: "supernova";
      readonly peakMjd: number;
      readonly peakMag: number;
      readonly stretch: number;
    };

/** Amplitude of an RR Lyrae in each band relative to that in g. */
const RR_LYRAE_AMPLITUDE: Readonly<Record<string, number>> = {
  u: 0.95,
  g: 1,
  r: 0.72,
  i: 0.57,
  z: 0.52,
  y: 0.5,
};

/** A thermonuclear supernova's magnitude below its peak in r: offset and decline (mag per day after the peak) by band. */
const SUPERNOVA_BANDS: Readonly<Record<string, readonly [offset: number, decline: number]>> = {
  u: [0.6, 0.14],
  g: [0.05, 0.085],
  r: [0, 0.055],
  i: [0.25, 0.045],
  z: [0.3, 0.04],
  y: [0.35, 0.035],
};

/** Factor on the mean flux at a time (periodic variables), or the flux itself in nJy (supernovae). */
export function lightCurveFlux(curve: LightCurve, band: string, mjd: number, meanFlux: number): number {
  switch (curve.kind) {
    case "rr_lyrae": {
      const phase = fraction((mjd - curve.epochMjd) / curve.periodDays);
      // A fast rise over 15 % of the period and a slow decline.
      const faintness = phase < 0.85 ? phase / 0.85 : 1 - (phase - 0.85) / 0.15;
      const amplitude = curve.amplitudeMag * (RR_LYRAE_AMPLITUDE[band] ?? 0.6);
      return meanFlux * 10 ** (-0.4 * amplitude * (faintness - 0.5));
    }
    case "eclipsing": {
      const phase = fraction((mjd - curve.epochMjd) / curve.periodDays);
      const dip = (centre: number, depth: number): number => {
        const distance = Math.abs(fraction(phase - centre + 0.5) - 0.5);
        return depth * Math.max(0, 1 - (distance / 0.08) ** 2);
      };
      return meanFlux * (1 - dip(0, curve.depth) - dip(0.5, curve.second));
    }
    case "supernova": {
      const [offset, decline] = SUPERNOVA_BANDS[band] ?? [0.3, 0.05];
      const days = (mjd - curve.peakMjd) / curve.stretch;
      if (days < -18) return 0;
      // Rise as the square of the time since the explosion (fireball), then a decline that slows after a month.
      const rise = ((days + 18) / 18) ** 2;
      const fading = days <= 0 ? 0 : decline * Math.min(days, 30) + 0.015 * Math.max(0, days - 30);
      return magToNanojansky(curve.peakMag + offset + fading) * (days < 0 ? rise : 1);
    }
  }
}

function fraction(x: number): number {
  return x - Math.floor(x);
}

/** Draws a pulsating star's light curve. */
export function drawRrLyrae(random: Random): LightCurve {
  const periodDays = 0.45 + 0.25 * random.uniform();
  return {
    kind: "rr_lyrae",
    periodDays,
    epochMjd: 60_000 + random.uniform(),
    amplitudeMag: 0.5 + 0.7 * random.uniform(),
  };
}

/** Draws an eclipsing binary's light curve. */
export function drawEclipsing(random: Random): LightCurve {
  const depth = 0.25 + 0.4 * random.uniform();
  const periodDays = 0.3 * 10 ** random.uniform();
  return {
    kind: "eclipsing",
    periodDays,
    epochMjd: 60_000 + random.uniform(),
    depth,
    second: depth * (0.3 + 0.6 * random.uniform()),
  };
}

/** Draws a supernova that is seen between two dates. */
export function drawSupernova(firstMjd: number, lastMjd: number, random: Random): LightCurve {
  return {
    kind: "supernova",
    peakMjd: firstMjd - 15 + (lastMjd - firstMjd + 30) * random.uniform(),
    peakMag: 20 + 2.5 * random.uniform(),
    stretch: 0.9 + 0.2 * random.uniform(),
  };
}
