import { AlmagestError, type Logger } from "@almagest/base";
import {
  type Box,
  createImage,
  createMaskedImage,
  type Exposure,
  type Image,
  intersectBoxes,
  type MaskedImage,
} from "@almagest/images";
import type { DatasetHandle } from "@almagest/pipeline";
import { loadStrip, planStrips } from "../frame-strips.ts";
import { bitsOf, NO_DATA } from "../mask-bits.ts";
import type { CoaddConfig } from "./coadd-config.ts";
import { combineWarps } from "./combine-warps.ts";
import { type ArtifactMaps, findArtifacts } from "./find-artifacts.ts";
import { matchSeeing } from "./match-seeing.ts";
import { measureWarp, type WarpQuality } from "./measure-warp.ts";
import { mergePsfs } from "./merge-psfs.ts";

/** A coadd, how many visits count in each of its pixels, and figures of it. */
export interface AssembledCoadd {
  readonly exposure: Exposure;
  readonly nImage: Image;
  readonly metrics: Readonly<Record<string, number | string>>;
}

/** A visit that goes into the coadd. */
interface SelectedWarp {
  readonly handle: DatasetHandle<Exposure>;
  readonly quality: WarpQuality;
  readonly weight: number;
  /** Everything but the pixels. */
  readonly warp: Exposure;
  /** The pixels, while they all fit into memory. */
  readonly pixels?: Exposure;
}

/** Rows that strips overlap by, so that smoothing and artifacts do not see their border. */
const MARGIN = 32;
/** Planes of a visit that are in memory at once: its own, matched, marks. */
const WORKING_COPIES = 2;

const NO_PIXELS: Box = { x0: 0, y0: 0, width: 0, height: 0 };

/** The exposure without its pixels, to be kept while others are read. */
function withoutPixels(exposure: Exposure): Exposure {
  return { ...exposure, ...createMaskedImage(NO_PIXELS), bbox: exposure.bbox };
}

async function measureAll(
  handles: readonly DatasetHandle<Exposure>[],
  keepPixels: boolean,
  config: CoaddConfig,
): Promise<SelectedWarp[]> {
  const measured: SelectedWarp[] = [];
  for (const handle of handles) {
    const exposure = await handle.get();
    const quality = measureWarp(exposure, config.badPlanes);
    if (!(quality.variance > 0)) continue;
    const warp = withoutPixels(exposure);
    measured.push({
      handle,
      quality,
      warp,
      weight: 1 / quality.variance,
      ...(keepPixels && { pixels: exposure }),
    });
  }
  return measured;
}

/** Leaves out the visits whose seeing is too wide, unless none would be left. */
function selectBySeeing(warps: SelectedWarp[], config: CoaddConfig, log: Logger | undefined): SelectedWarp[] {
  if (!config.doPsfCut) return warps;
  const sharp = warps.filter(({ quality }) => !((quality.psfFwhmArcsec ?? 0) > config.maxPsfFwhmArcsec));
  if (sharp.length === 0) {
    log?.warn(`no visit is sharper than ${config.maxPsfFwhmArcsec} arcsec: all are kept`, {
      visits: warps.length,
    });
    return warps;
  }
  for (const { handle, quality } of warps.filter((warp) => !sharp.includes(warp))) {
    log?.info("visit left out: its stars are too wide", {
      ...handle.dataId,
      fwhmArcsec: quality.psfFwhmArcsec,
    });
  }
  return sharp;
}

function growStrip(strip: Box, full: Box): Box {
  return intersectBoxes({ ...strip, y0: strip.y0 - MARGIN, height: strip.height + 2 * MARGIN }, full);
}

async function loadPixels(warp: SelectedWarp, full: Box, strip: Box): Promise<MaskedImage> {
  return warp.pixels ?? (await loadStrip(warp.handle, full, strip));
}

/** The pixels of one strip and their artifact maps, found on the strip with a margin. */
async function loadCleaned(
  warps: readonly SelectedWarp[],
  full: Box,
  strip: Box,
  config: CoaddConfig,
): Promise<ArtifactMaps & { readonly parts: readonly MaskedImage[] }> {
  const wide = config.doArtifactRejection ? growStrip(strip, full) : strip;
  const parts: MaskedImage[] = [];
  for (const warp of warps) parts.push(await loadPixels(warp, full, wide));
  if (!config.doArtifactRejection) {
    return { parts, pixels: 0, maps: parts.map((part) => new Uint8Array(part.image.data.length)) };
  }
  const sigmas = warps.map(({ quality }) => quality.psfSigmaPixels ?? 0);
  const target = Math.max(...sigmas);
  const matched = parts.map((part, i) =>
    matchSeeing(part, bitsOf(config.badPlanes, part.mask.planes) | NO_DATA, sigmas[i]! || target, target),
  );
  const { maps, pixels } = findArtifacts(matched, full.width, config);
  const first = (strip.y0 - wide.y0) * full.width;
  const size = strip.width * strip.height;
  const cut = <T extends Float32Array | Uint32Array | Uint8Array>(plane: T) =>
    plane.subarray(first, first + size) as T;
  return {
    pixels,
    maps: maps.map(cut),
    parts: parts.map((part) => ({
      bbox: strip,
      image: { bbox: strip, data: cut(part.image.data) },
      variance: { bbox: strip, data: cut(part.variance.data) },
      mask: { ...part.mask, bbox: strip, data: cut(part.mask.data) },
    })),
  };
}

/** Header cards that list the inputs: VISIT, weight and seeing by number, and how many. */
function inputCards(warps: readonly SelectedWarp[]): Record<string, string | number> {
  const total = warps.reduce((sum, { weight }) => sum + weight, 0);
  const cards: Record<string, string | number> = { NINPUT: warps.length };
  warps.forEach(({ handle, warp, weight, quality }, i) => {
    const n = String(i + 1).padStart(4, "0");
    cards[`VIS${n}`] = Number(handle.dataId.visit ?? warp.metadata.VISIT ?? i);
    cards[`WGT${n}`] = weight / total;
    if (quality.psfFwhmArcsec !== undefined) cards[`FWH${n}`] = quality.psfFwhmArcsec;
  });
  return cards;
}

/**
 * Combines the warps of one patch and band (nJy, all of one box) into their weighted mean without artifacts: visits are
 * selected by seeing, weighted by 1/(clipped-mean variance), compared at one seeing (find-artifacts.ts) and averaged with
 * exact noise (combine-warps.ts). Deeper stacks than the configured memory holds are read in strips of rows. Throws
 * `TASKS.NO_FRAMES` when no warp has a good pixel.
 */
export async function assembleCoadd(
  handles: readonly DatasetHandle<Exposure>[],
  config: CoaddConfig,
  log?: Logger,
): Promise<AssembledCoadd> {
  const full = handles[0] && ((await handles[0].get({ component: "bbox" })) as Box);
  const strips = full ? planStrips(full, handles.length * WORKING_COPIES, config.maxMegabytes) : [];
  const measured = await measureAll(handles, strips.length === 1, config);
  const warps = selectBySeeing(measured, config, log);
  const wcs = warps[0]?.warp.wcs;
  if (full === undefined || wcs === undefined) {
    throw new AlmagestError(
      "TASKS.NO_FRAMES",
      "No warp of this patch has a good pixel and a WCS; check the visits' masks and astrometry.",
    );
  }
  const result = createMaskedImage(full);
  const nImage = createImage(full);
  let clipped = 0;
  for (const strip of strips) {
    const { parts, maps, pixels } = await loadCleaned(warps, full, strip, config);
    clipped += pixels;
    const from = (strip.y0 - full.y0) * full.width;
    const end = from + strip.width * strip.height;
    combineWarps(
      parts.map((warp, i) => ({ warp, weight: warps[i]!.weight, artifacts: maps[i]! })),
      config.badPlanes,
      {
        image: result.image.data.subarray(from, end),
        variance: result.variance.data.subarray(from, end),
        mask: result.mask.data.subarray(from, end),
        count: nImage.data.subarray(from, end),
      },
    );
  }
  const psf = mergePsfs(warps, wcs);
  const filter = warps[0]!.warp.filter;
  const exposure: Exposure = {
    ...result,
    unit: "nJy",
    photoCalib: { nanojanskyPerUnit: 1, error: 0 },
    wcs,
    ...(psf && { psf }),
    ...(filter && { filter }),
    metadata: inputCards(warps),
  };
  const metrics = {
    visits: warps.length,
    visitsLeftOut: handles.length - warps.length,
    clippedPixels: clipped,
  };
  return { exposure, nImage, metrics };
}
