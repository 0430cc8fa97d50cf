import type { Exposure } from "@almagest/images";
import { type DatasetHandle, defineTask, NoWorkFound, prerequisite } from "@almagest/pipeline";
import { directWarpConfig, WARP_DIMENSIONS, warpConnections, warpVisit } from "@almagest/tasks";
import { type FrameTie, type FrameTies, wcsFromCards } from "./frame-ties.ts";
import { frameKey } from "./process-frame.ts";

/** A frame with the WCS and flux scale that were settled for it. */
export function applyTie(exposure: Exposure, tie: FrameTie): Exposure {
  const wcs = tie.wcs === undefined ? exposure.wcs : wcsFromCards(tie.wcs);
  const scale = tie.nanojanskyPerUnit;
  return {
    ...exposure,
    ...(wcs === undefined ? {} : { wcs }),
    ...(scale === undefined || exposure.unit === "nJy"
      ? {}
      : { photoCalib: { nanojanskyPerUnit: scale, error: exposure.photoCalib?.error ?? 0 } }),
  };
}

function tieHandle(handle: DatasetHandle<Exposure>, tie: FrameTie): DatasetHandle<Exposure> {
  const get = async (): Promise<Exposure> => applyTie(await handle.get(), tie);
  return { ...handle, get: get as DatasetHandle<Exposure>["get"] };
}

/** Resamples the good frames of one visit onto a patch, with the positions and flux scales that tie frames to each other. */
export const tiedWarpTask = defineTask({
  name: "makeTiedWarp",
  pythonClasses: ["almagest.process.TiedWarpTask"],
  doc: "Resamples the good frames of one visit onto a patch, with the positions and flux scales that tie frames to each other.",
  dimensions: WARP_DIMENSIONS,
  config: directWarpConfig,
  connections: () => ({
    ...warpConnections(),
    ties: prerequisite<FrameTies>({
      name: "frame_ties",
      storageClass: "StructuredDataDict",
      doc: "Which frames are good, and their positions and flux scales.",
      dimensions: ["instrument"],
    }),
  }),
  async run(context, { calexp_list: handles, ties, sky_map: skyMap }) {
    const good = handles.flatMap((handle) => {
      const tie = ties[frameKey(Number(handle.dataId.visit), Number(handle.dataId.detector))];
      return tie?.use ? [tieHandle(handle, tie)] : [];
    });
    if (good.length === 0) throw new NoWorkFound("every frame of this visit was rejected");
    return warpVisit(context, good, skyMap);
  },
});
