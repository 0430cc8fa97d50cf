import { parseWcs, type SkyWcs } from "@almagest/sphere";

/** What is settled of one detector image after all frames were measured. */
export interface FrameTie {
  /** Whether the image goes into stacks. */
  readonly use: boolean;
  /** Cards of the WCS that replaces the image's own. */
  readonly wcs?: Readonly<Record<string, string | number>>;
  /** Flux scale that replaces the image's own. */
  readonly nanojanskyPerUnit?: number;
}

/** Ties by visit/detector: the dataset `frame_ties` of one instrument. */
export type FrameTies = Readonly<Record<string, FrameTie>>;

/** A WCS as cards, for storing it. */
export function wcsToCards(wcs: SkyWcs): Record<string, string | number> {
  return Object.fromEntries(wcs.toFitsCards());
}

/** The WCS of stored cards. */
export function wcsFromCards(cards: Readonly<Record<string, string | number>>): SkyWcs {
  return parseWcs((key) => cards[key]);
}
