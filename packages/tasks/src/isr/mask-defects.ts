import type { Mask } from "@almagest/images";
import type { Defects } from "./defects.ts";

/** Sets `bit` inside every defect's box, in place; parts outside the mask are ignored. */
export function maskDefects(mask: Mask, defects: Defects, bit: number): void {
  const { x0, y0, width, height } = mask.bbox;
  for (const box of defects) {
    const yEnd = Math.min(y0 + height, box.y0 + box.height);
    const xEnd = Math.min(x0 + width, box.x0 + box.width);
    for (let y = Math.max(y0, box.y0); y < yEnd; y++) {
      for (let x = Math.max(x0, box.x0); x < xEnd; x++) {
        const at = (y - y0) * width + (x - x0);
        mask.data[at] = mask.data[at]! | bit;
      }
    }
  }
}
