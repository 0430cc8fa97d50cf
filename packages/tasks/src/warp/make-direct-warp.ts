import type { DataId } from "@almagest/butler";
import type { Exposure } from "@almagest/images";
import type { DatasetHandle } from "@almagest/pipeline";
import type { Table } from "@almagest/tables";
import type { DirectWarpConfig } from "./warp-config.ts";

/** Makes a warp. */
export async function makeDirectWarp(
  _handles: readonly DatasetHandle<Exposure>[],
  _dataId: DataId,
  _skyMap: unknown,
  _summary: Table | undefined,
  _config: DirectWarpConfig,
): Promise<{ exposure?: Exposure; metrics: Record<string, number> }> {
  return { metrics: {} };
}
