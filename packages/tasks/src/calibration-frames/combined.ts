import type { Exposure } from "@almagest/images";

/** A combined frame and figures of its quality by name. */
export interface Combined {
  readonly exposure: Exposure;
  readonly metrics: Readonly<Record<string, number | string | boolean>>;
}
