import type { Box } from "@almagest/images";

/** The bad pixels of one detector, as boxes in assembled detector coordinates (storage class `Defects`). */
export type Defects = readonly Box[];
