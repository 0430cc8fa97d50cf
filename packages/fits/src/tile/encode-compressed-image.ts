import { encodeImage } from "../write/encode-image.ts";
import type { EncodedHdu } from "../write/encoded-hdu.ts";
import type { CompressSpec, ImageSpec } from "../write/hdu-spec.ts";
export function encodeCompressedImage(spec: ImageSpec, _compress: CompressSpec): EncodedHdu {
  return encodeImage(spec, false);
}
