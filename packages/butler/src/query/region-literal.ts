import {
  circleFromAngle,
  convexHull,
  createSkyBox,
  createUnitVector,
  type Region,
  wrapDegrees,
} from "@almagest/sphere";

const DEGREE = Math.PI / 180;

function circle(raDeg: number, decDeg: number, radiusDeg: number): Region {
  return circleFromAngle(createUnitVector(raDeg, decDeg), radiusDeg * DEGREE);
}

function skyRange(fromRa: number, toRa: number, fromDec: number, toDec: number): Region {
  if (!Number.isFinite(fromRa) || !Number.isFinite(toRa) || toRa - fromRa >= 360) {
    return createSkyBox(0, Math.max(fromDec, -90), 360, Math.min(toDec, 90));
  }
  return createSkyBox(wrapDegrees(fromRa), Math.max(fromDec, -90), wrapDegrees(toRa), Math.min(toDec, 90));
}

function polygon(coordinates: readonly number[]): Region {
  const points = [];
  for (let i = 0; i < coordinates.length; i += 2) {
    points.push(createUnitVector(coordinates[i]!, coordinates[i + 1]!));
  }
  return convexHull(points);
}

/** Functions that make a region of numbers in degrees, with how many they take; undefined for another name.
 * `CIRCLE` doubles its radius, as the original does: the same expression must select the same data. */
export function regionFromCall(name: string, args: readonly number[]): Region | string | undefined {
  switch (name) {
    case "POINT":
      return args.length === 2 ? circle(args[0]!, args[1]!, 0) : "POINT takes (ra, dec)";
    case "CIRCLE":
      return args.length === 3 ? circle(args[0]!, args[1]!, 2 * args[2]!) : "CIRCLE takes (ra, dec, radius)";
    case "BOX": {
      if (args.length !== 4) return "BOX takes (ra, dec, width, height)";
      const [ra, dec, width, height] = args as [number, number, number, number];
      return skyRange(ra - width / 2, ra + width / 2, dec - height / 2, dec + height / 2);
    }
    case "POLYGON":
      return args.length >= 6 && args.length % 2 === 0
        ? polygon(args)
        : "POLYGON takes three or more pairs (ra, dec)";
    default:
      return undefined;
  }
}

/** A region of an IVOA POS text: `CIRCLE ra dec r`, `RANGE ra1 ra2 dec1 dec2`, `POLYGON ra dec …`. A text says what is wrong. */
export function regionFromPos(text: string): Region | string {
  const [shape, ...words] = text.trim().split(/\s+/);
  const numbers = words.map((word) =>
    /^[-+]?inf$/i.test(word) ? (word.startsWith("-") ? -Infinity : Infinity) : Number(word),
  );
  if (numbers.some(Number.isNaN)) return `'${text}' holds what is not a number`;
  if (shape === "CIRCLE" && numbers.length === 3) return circle(numbers[0]!, numbers[1]!, numbers[2]!);
  if (shape === "RANGE" && numbers.length === 4) {
    return skyRange(numbers[0]!, numbers[1]!, numbers[2]!, numbers[3]!);
  }
  if (shape === "POLYGON" && numbers.length >= 6 && numbers.length % 2 === 0) return polygon(numbers);
  return "Write CIRCLE ra dec radius, RANGE ra1 ra2 dec1 dec2 or POLYGON ra dec ra dec ra dec …";
}
