/** What assembly/index.ts exports; pointers are byte offsets, booleans 0 or 1. */
export interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  heapBase(): number;
  convolveRows(
    src: number,
    srcStride: number,
    kernel: number,
    nx: number,
    ny: number,
    dst: number,
    dstStride: number,
    width: number,
    rows: number,
  ): void;
  clearRows(values: number, mask: number, bits: number, bytes: number): void;
  maskRows(values: number, mask: number, bits: number, used: number, bytes: number): void;
  renormaliseRows(dst: number, used: number, bytes: number, total: number, least: number): void;
  gatherBox(
    data: number,
    mask: number,
    bits: number,
    stride: number,
    width: number,
    height: number,
    out: number,
  ): number;
  windowMoments(values: number, count: number, lo: number, hi: number, pivot: number, out: number): number;
  countBins(
    values: number,
    count: number,
    lo: number,
    hi: number,
    scale: number,
    bins: number,
    last: number,
  ): void;
  collectBins(
    values: number,
    count: number,
    lo: number,
    hi: number,
    scale: number,
    last: number,
    first: number,
    final: number,
    out: number,
  ): number;
  crosstalkChunk(src: number, dst: number, coefficients: number, n: number, bytes: number): void;
  convertRow(
    raw: number,
    type: number,
    width: number,
    level: number,
    columns: number,
    flip: number,
    out: number,
  ): void;
  calibrateRow(
    signal: number,
    bits: number,
    bias: number,
    biasVariance: number,
    dark: number,
    darkVariance: number,
    flat: number,
    flatVariance: number,
    image: number,
    variance: number,
    width: number,
    flip: number,
    darkSec: number,
    minimumFlat: number,
    readVariance: number,
    unlitBit: number,
  ): number;
  isrRow(
    adu: number,
    bias: number,
    dark: number,
    flat: number,
    image: number,
    variance: number,
    mask: number,
    bytes: number,
    gain: number,
    noise2: number,
    full: number,
    biasScale: number,
    darkScale: number,
    saturatedBits: number,
    badBits: number,
  ): void;
  applyRuns(data: number, runs: number, count: number, sign: number): void;
  findRuns(
    image: number,
    levels: number,
    level: number,
    variance: number,
    mask: number,
    bits: number,
    negative: number,
    width: number,
    rows: number,
    firstRow: number,
    out: number,
  ): number;
  shiftCutStamp(
    stamp: number,
    size: number,
    half: number,
    wx: number,
    wy: number,
    padded: number,
    across: number,
    out: number,
  ): void;
  stackChunk(
    inputs: number,
    n: number,
    bytes: number,
    scratch: number,
    pairs: number,
    pairCount: number,
    badBits: number,
    clip: number,
    rounds: number,
    byVariance: number,
    inverseVariance: number,
    tolerance: number,
    minCount: number,
    clippedBits: number,
    noDataBits: number,
    fill: number,
    outImage: number,
    outVariance: number,
    outCount: number,
    outMask: number,
  ): void;
  flagOdd(values: number, mask: number, bits: number, bytes: number): void;
  warpTile(
    image: number,
    variance: number,
    mask: number,
    stride: number,
    srcX0: number,
    srcY0: number,
    srcWidth: number,
    srcHeight: number,
    gridX: number,
    gridY: number,
    gridNx: number,
    gridNy: number,
    step: number,
    tileX0: number,
    tileY0: number,
    tileWidth: number,
    tileHeight: number,
    table: number,
    spread: number,
    noData: number,
    scaleArea: number,
    fill: number,
    outImage: number,
    outVariance: number,
    outMask: number,
  ): void;
}
