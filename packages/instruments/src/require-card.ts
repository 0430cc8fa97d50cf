import { AlmagestError } from "@almagest/base";

/** The value, or `INSTRUMENTS.HEADER_INVALID` naming the card that should have held it. */
export function requireCard<T>(value: T | undefined, keyword: string): T {
  if (value !== undefined) return value;
  throw new AlmagestError(
    "INSTRUMENTS.HEADER_INVALID",
    `The header has no usable ${keyword}; it is no raw frame of this instrument, or it is damaged.`,
    { fields: { keyword } },
  );
}
