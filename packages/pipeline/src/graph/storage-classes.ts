/** Storage classes that are read as one another: members of one family convert on reading. */
const FAMILIES: readonly (readonly string[])[] = [
  ["ArrowTable", "ArrowAstropy", "ArrowNumpy", "ArrowNumpyDict", "DataFrame", "SourceCatalog"],
  ["ExposureF", "Exposure", "ExposureD", "ExposureI", "ExposureU"],
  ["ImageF", "Image", "ImageD", "ImageI", "ImageU"],
  ["MaskedImageF", "MaskedImage", "MaskedImageD", "MaskedImageI"],
];

/** True when a dataset of one storage class may be read as the other. */
export function areConvertible(a: string, b: string): boolean {
  return a === b || FAMILIES.some((family) => family.includes(a) && family.includes(b));
}
