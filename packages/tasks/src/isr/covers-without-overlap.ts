import type { Box } from "@almagest/images";

/** Whether the boxes lie within the frame, none on another, and leave none of its pixels free. */
export function coversWithoutOverlap(boxes: readonly Box[], frame: Box): boolean {
  let area = 0;
  for (const [i, a] of boxes.entries()) {
    if (a.x0 < frame.x0 || a.y0 < frame.y0) return false;
    if (a.x0 + a.width > frame.x0 + frame.width || a.y0 + a.height > frame.y0 + frame.height) return false;
    area += a.width * a.height;
    for (const b of boxes.slice(0, i)) {
      const apartX = a.x0 + a.width <= b.x0 || b.x0 + b.width <= a.x0;
      const apartY = a.y0 + a.height <= b.y0 || b.y0 + b.height <= a.y0;
      if (!apartX && !apartY) return false;
    }
  }
  return area === frame.width * frame.height;
}
