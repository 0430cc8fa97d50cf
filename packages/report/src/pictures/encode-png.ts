import { encode } from "fast-png";
import type { Picture } from "./plane.ts";

/** A picture as PNG bytes. */
export function encodePng(picture: Picture): Uint8Array {
  const { width, height, channels, data } = picture;
  return encode({ width, height, channels, depth: 8, data }, { zlib: { level: 7 } });
}

/** PNG bytes as a `data:` URI, to keep a page in one file. */
export function toDataUri(png: Uint8Array): string {
  return `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
}

/** An SVG text as a `data:` URI: as an image its style sheet touches nothing else on the page. */
export function svgToDataUri(svg: string): string {
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`;
}
