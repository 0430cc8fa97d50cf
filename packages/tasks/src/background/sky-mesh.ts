import type { Box } from "@almagest/images";

/**
 * Sky level and scatter on a coarse grid of square boxes: node (i, j), row-major, is the middle of box (i, j), at parent pixel
 * x = bbox.x0 + (i + ½)·boxSize − ½. The last column and row of boxes may reach over the image's edge.
 */
export interface SkyMesh {
  readonly bbox: Box;
  /** Box edge, pixels. */
  readonly boxSize: number;
  readonly columns: number;
  readonly rows: number;
  /** Sky level per node, image units. */
  readonly level: Float32Array;
  /** Scatter of one pixel per node, image units. */
  readonly rms: Float32Array;
}
