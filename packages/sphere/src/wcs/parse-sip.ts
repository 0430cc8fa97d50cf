import { AlmagestError } from "@almagest/base";
import { type HeaderLookup, readNumber } from "./header-values.ts";
import type { SipCoefficients } from "./sip-distortion.ts";

function readOrder(lookup: HeaderLookup, prefix: string): number | undefined {
  const order = readNumber(lookup, `${prefix}_ORDER`);
  if (order === undefined) return undefined;
  if (!Number.isInteger(order) || order < 0 || order > 9) {
    throw new AlmagestError(
      "SPHERE.WCS_INVALID",
      `${prefix}_ORDER = ${order} is not a whole number from 0 to 9.`,
      {
        fields: { prefix, order },
      },
    );
  }
  return order;
}

/**
 * A pair of SIP polynomials (A and B, or AP and BP) of a header; undefined where it has neither. Throws
 * `SPHERE.WCS_INVALID` where it has only one, or an order that is not 0 to 9.
 */
export function parseSip(lookup: HeaderLookup, first: string, second: string): SipCoefficients | undefined {
  const orders = [readOrder(lookup, first), readOrder(lookup, second)] as const;
  if (orders[0] === undefined && orders[1] === undefined) return undefined;
  if (orders[0] === undefined || orders[1] === undefined) {
    const missing = orders[0] === undefined ? first : second;
    throw new AlmagestError(
      "SPHERE.WCS_INVALID",
      `The header has one SIP polynomial but not the other: ${missing}_ORDER is missing.`,
      {
        fields: { missing },
      },
    );
  }
  const order = Math.max(orders[0], orders[1]);
  const read = (prefix: string, ownOrder: number): Float64Array => {
    const terms = new Float64Array((order + 1) ** 2);
    for (let p = 0; p <= ownOrder; p++) {
      for (let q = 0; q <= ownOrder - p; q++) {
        terms[p * (order + 1) + q] = readNumber(lookup, `${prefix}_${p}_${q}`) ?? 0;
      }
    }
    return terms;
  };
  return { order, a: read(first, orders[0]), b: read(second, orders[1]) };
}
