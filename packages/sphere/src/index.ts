export type { SkyWcs } from "./sky-wcs.ts";
