import type { Logger } from "@almagest/base";
import type { Exposure, Image } from "@almagest/images";
import type { DatasetHandle } from "@almagest/pipeline";
import type { CoaddConfig } from "./coadd-config.ts";

/** Assembles. */
export async function assembleCoadd(
  handles: readonly DatasetHandle<Exposure>[],
  _config: CoaddConfig,
  _log: Logger,
): Promise<{ exposure: Exposure; nImage: Image; metrics: Record<string, number> }> {
  const exposure = await handles[0]!.get();
  return { exposure, nImage: exposure.image, metrics: {} };
}
