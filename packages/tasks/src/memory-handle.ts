import type { DataId } from "@almagest/butler";
import { type Box, cutExposure, type Exposure } from "@almagest/images";
import type { DatasetHandle } from "@almagest/pipeline";

/** A handle to an exposure that is in memory already; knows components and the `bbox` parameter. */
export function createMemoryHandle(exposure: Exposure, dataId: DataId = {}): DatasetHandle<Exposure> {
  function get(): Promise<Exposure>;
  function get(options: { component?: string; parameters?: Record<string, unknown> }): Promise<unknown>;
  async function get(options: { component?: string; parameters?: Record<string, unknown> } = {}) {
    const bbox = options.parameters?.bbox as Box | undefined;
    const part = bbox ? cutExposure(exposure, bbox) : exposure;
    return options.component ? (part as unknown as Record<string, unknown>)[options.component] : part;
  }
  return { dataId, datasetType: "memory", id: "", get };
}
