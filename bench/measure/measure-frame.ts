import { openFits } from "@almagest/fits";
import { createImage, createMask, createPixelGridPsf, subtractBackground } from "@almagest/images";
import {
  createBackgroundModel,
  estimateSkyMesh,
} from "../../packages/tasks/src/background/estimate-background.ts";
import { detectSources } from "../../packages/tasks/src/detection/detect-sources.ts";
import { measureSources } from "../../packages/tasks/src/measurement/measure-sources.ts";

/** What one run over a frame took, seconds, and found. */
export interface FrameRun {
  readonly backgroundSec: number;
  readonly detectionSec: number;
  readonly measurementSec: number;
  readonly totalSec: number;
  /** Processor time of all threads. */
  readonly cpuSec: number;
  readonly sources: number;
}

/** Frame and PSF given as FITS files: background, detection and measurement, `repeats` times in one process. */
export async function measureFrame(imagePath: string, psfPath: string, repeats: number): Promise<FrameRun[]> {
  await using frame = await openFits(imagePath);
  await using kernel = await openFits(psfPath);
  const pixels = await frame.hdu(0).readImage();
  const stamp = await kernel.hdu(0).readImage();
  const [width, height] = pixels.shape as [number, number];
  const bbox = { x0: 0, y0: 0, width, height };
  const size = stamp.shape[0]!;
  const psf = createPixelGridPsf({ bbox, order: 0, size, basis: stamp.data as Float32Array });
  const runs: FrameRun[] = [];
  for (let run = 0; run < repeats; run++) {
    const image = createImage(bbox, (run < repeats - 1 ? pixels.data.slice() : pixels.data) as Float32Array);
    const masked = { bbox, image, mask: createMask(bbox), variance: createImage(bbox) };
    // An exposure comes with its planes in memory; new ones are not there until they are written to.
    masked.variance.data.fill(1);
    masked.mask.data.fill(0);
    const start = performance.now();
    const cpu = process.cpuUsage();
    const mesh = estimateSkyMesh(masked, { boxSize: 64 });
    subtractBackground(image, createBackgroundModel(mesh));
    const rms = mesh.rms.slice().sort()[mesh.rms.length >> 1]!;
    // Like source-extractor, believe the sky's own scatter.
    masked.variance.data.fill(rms * rms);
    const background = performance.now();
    const detections = detectSources(masked, psf);
    const detected = performance.now();
    const table = measureSources(masked, psf, detections);
    const end = performance.now();
    const { user, system } = process.cpuUsage(cpu);
    runs.push({
      backgroundSec: (background - start) / 1000,
      detectionSec: (detected - background) / 1000,
      measurementSec: (end - detected) / 1000,
      totalSec: (end - start) / 1000,
      cpuSec: (user + system) / 1e6,
      sources: table.rows,
    });
  }
  return runs;
}

if (import.meta.main) {
  const [imagePath, psfPath, repeats] = process.argv.slice(2);
  console.log(JSON.stringify(await measureFrame(imagePath!, psfPath!, Number(repeats))));
}
