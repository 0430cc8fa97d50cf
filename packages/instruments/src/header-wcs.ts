import { AlmagestError } from "@almagest/base";
import { parseWcs, type SkyWcs } from "@almagest/sphere";
import type { HeaderCards } from "./header.ts";

/** The WCS of a header, or undefined where it has none that can be read. */
export function readHeaderWcs(header: HeaderCards): SkyWcs | undefined {
  if (!header.has("CTYPE1")) return undefined;
  try {
    return parseWcs((keyword) => header.get(keyword));
  } catch (error) {
    if (error instanceof AlmagestError && error.code.startsWith("SPHERE.WCS")) return undefined;
    throw error;
  }
}
