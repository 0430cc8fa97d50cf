import { AlmagestError, type Logger } from "@almagest/base";
import type { DataId } from "@almagest/butler";
import {
  type CoaddPsfComponent,
  createCoaddPsf,
  createMaskedImage,
  cutExposure,
  type Exposure,
  growBox,
  type MaskedImage,
  nanojanskyFromAbMag,
} from "@almagest/images";
import type { DatasetHandle } from "@almagest/pipeline";
import type { SkyMap } from "@almagest/sphere";
import { NO_DATA } from "../mask-bits.ts";
import type { DirectWarpConfig } from "./warp-config.ts";
import { warpExposure } from "./warp-exposure.ts";

/** A visit on a patch's pixels, and figures of it; no exposure when no pixel of the visit falls on the patch. */
export interface DirectWarp {
  readonly exposure?: Exposure;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Nanojansky per unit of the image. */
function scaleOf(exposure: Exposure, config: DirectWarpConfig): number {
  if (exposure.unit === "nJy") return 1;
  if (exposure.photoCalib) return exposure.photoCalib.nanojanskyPerUnit;
  const zeroPoint = config.zeroPointOfElectronPerSec;
  if (zeroPoint !== undefined) return nanojanskyFromAbMag(zeroPoint) / (exposure.visitInfo?.exposureSec || 1);
  throw new AlmagestError(
    "TASKS.NOT_CALIBRATED",
    `The image of detector ${exposure.detector?.name ?? "?"} is in ${exposure.unit} and has no photometric scale; calibrate its photometry, or give zeroPointOfElectronPerSec.`,
    { fields: { detector: exposure.detector?.id, unit: exposure.unit } },
  );
}

/** Puts a detector's pixels, times `scale`, where the patch has none yet; returns how many. */
function mergePixels(target: MaskedImage, source: MaskedImage, scale: number): number {
  const { bbox } = source;
  const offset = bbox.y0 - target.bbox.y0;
  let count = 0;
  for (let y = 0; y < bbox.height; y++) {
    let to = (y + offset) * target.bbox.width + bbox.x0 - target.bbox.x0;
    const end = (y + 1) * bbox.width;
    for (let at = y * bbox.width; at < end; at++, to++) {
      const bits = source.mask.data[at]!;
      if ((bits & NO_DATA) !== 0 || (target.mask.data[to]! & NO_DATA) === 0) continue;
      target.image.data[to] = source.image.data[at]! * scale;
      target.variance.data[to] = source.variance.data[at]! * scale * scale;
      target.mask.data[to] = bits;
      count++;
    }
  }
  return count;
}

/** A detector's image without the border that is not wanted. */
async function trimmed(handle: DatasetHandle<Exposure>, borderPixels: number): Promise<Exposure> {
  const exposure = await handle.get();
  return borderPixels === 0 ? exposure : cutExposure(exposure, growBox(exposure.bbox, -borderPixels));
}

/**
 * Resamples the detectors of one visit onto one patch in nJy, one detector in memory at a time, in the order given. Each
 * pixel comes from one detector; pixels that none reaches are NaN and NO_DATA. The PSF at a position is that of the
 * detector that covers it. Detectors without a WCS are left out. Throws `TASKS.NOT_CALIBRATED`.
 */
export async function makeDirectWarp(
  handles: readonly DatasetHandle<Exposure>[],
  dataId: DataId,
  skyMap: SkyMap,
  config: DirectWarpConfig,
  log?: Logger,
): Promise<DirectWarp> {
  const patch = skyMap.tract(Number(dataId.tract)).patch(Number(dataId.patch));
  const bbox = patch.outerBox;
  const target = createMaskedImage(bbox);
  target.image.data.fill(Number.NaN);
  target.variance.data.fill(Number.NaN);
  target.mask.data.fill(NO_DATA);
  const components: CoaddPsfComponent[] = [];
  const detectors: number[] = [];
  let first: Exposure | undefined;
  let covered = 0;
  for (const handle of handles) {
    const exposure = await trimmed(handle, config.borderPixels);
    if (exposure.wcs === undefined) {
      log?.warn("a detector has no WCS and is left out", { ...handle.dataId });
      continue;
    }
    const warped = warpExposure(exposure, patch.wcs, bbox, config.warp);
    const count = warped ? mergePixels(target, warped, scaleOf(exposure, config)) : 0;
    if (count === 0) continue;
    first ??= exposure;
    covered += count;
    detectors.push(exposure.detector?.id ?? Number(handle.dataId.detector ?? 0));
    if (exposure.psf === undefined) continue;
    components.push({
      psf: exposure.psf,
      wcs: exposure.wcs,
      bbox: exposure.bbox,
      ...(exposure.validPolygon && { validPolygon: exposure.validPolygon }),
      weight: 1,
    });
  }
  const fraction = covered / (bbox.width * bbox.height);
  const metrics = { detectors: detectors.length, coveredFraction: fraction };
  if (first === undefined) return { metrics };
  return {
    metrics,
    exposure: {
      ...target,
      unit: "nJy",
      photoCalib: { nanojanskyPerUnit: 1, error: 0 },
      wcs: patch.wcs,
      ...(components.length > 0 && { psf: createCoaddPsf(components, patch.wcs) }),
      ...(first.filter && { filter: first.filter }),
      ...(first.visitInfo && { visitInfo: first.visitInfo }),
      metadata: {
        VISIT: Number(dataId.visit ?? 0),
        TRACT: Number(dataId.tract),
        PATCH: Number(dataId.patch),
        DETLIST: detectors.join(","),
        COVERED: fraction,
      },
    },
  };
}
