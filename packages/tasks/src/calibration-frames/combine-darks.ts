import type { Logger } from "@almagest/base";
import type { Exposure } from "@almagest/images";
import type { DatasetHandle } from "@almagest/pipeline";
import type { CombineConfig } from "./combine-config.ts";

/** A combined frame and figures of its quality. */
export interface Combined {
  readonly exposure: Exposure;
  readonly metrics: Readonly<Record<string, number | string | boolean>>;
}

/** Combines darks. */
export async function combineDarks(
  handles: readonly DatasetHandle<Exposure>[],
  _config: CombineConfig,
  _log?: Logger,
): Promise<Combined> {
  return { exposure: await handles[0]!.get(), metrics: {} };
}
