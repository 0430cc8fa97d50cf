import { AlmagestError } from "@almagest/base";
import type { EncodedHdu } from "../write/encoded-hdu.ts";
import type { BintableSpec } from "../write/hdu-spec.ts";
export function encodeBintable(_spec: BintableSpec): EncodedHdu {
  throw new AlmagestError("FITS.UNSUPPORTED", "Tables are not written yet.");
}
