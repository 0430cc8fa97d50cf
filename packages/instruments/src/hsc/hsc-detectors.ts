/**
 * Full names of HSC's 112 detectors by number: the readout half (0 or 1) and the position within it. No header tells them.
 */
export const HSC_DETECTORS: readonly string[] = [
  ...expand("1", "53 54 55 56 42 43 44 45 46 47 36 37 38 39 40 41"),
  ...expand("0", "30 29 28"),
  ...expand("1", "32 33 34"),
  ...expand("0", "27 26 25 24"),
  ...expand("1", "00 01 02 03"),
  ...expand("0", "23 22 21 20"),
  ...expand("1", "04 05 06 07"),
  ...expand("0", "19 18 17 16"),
  ...expand("1", "08 09 10 11"),
  ...expand("0", "15 14 13 12"),
  ...expand("1", "12 13 14 15"),
  ...expand("0", "11 10 09 08"),
  ...expand("1", "16 17 18 19"),
  ...expand("0", "07 06 05 04"),
  ...expand("1", "20 21 22 23"),
  ...expand("0", "03 02 01 00"),
  ...expand("1", "24 25 26 27"),
  ...expand("0", "34 33 32"),
  ...expand("1", "28 29 30"),
  ...expand("0", "41 40 39 38 37 36 47 46 45 44 43 42 56 55 54 53 31"),
  ...expand("1", "35"),
  ...expand("0", "35"),
  ...expand("1", "31 48 51 52 57"),
  ...expand("0", "57 52 51 48"),
];

function expand(half: string, positions: string): string[] {
  return positions.split(" ").map((position) => `${half}_${position}`);
}
