import { type Arena, type Block, openArena } from "../engine/arena.ts";
import { flipKernel } from "../flip-kernel.ts";

const STRIP_ROWS = 128;
/** Columns a kernel handles at a time; rows are padded to a multiple. */
const VECTOR_COLUMNS = 32;

/** One pass over a strip: a kernel nx × ny applied to padded rows. */
export interface ConvolvePass {
  readonly kernel: Float32Array;
  readonly nx: number;
  readonly ny: number;
}

/** Which pixels to leave out. With the kernel's sum they are made up for by the rest of the kernel; without, they count as 0. */
export interface MaskRule {
  readonly mask: Uint32Array;
  readonly bits: number;
  readonly total?: number;
}

/** Copies rows first … first+count−1 of a plane between zero margins; rows outside the plane are zero. */
function loadRows<T extends Float32Array | Uint32Array>(
  plane: T,
  width: number,
  height: number,
  first: number,
  count: number,
  into: T,
  stride: number,
  margin: number,
): void {
  const from = Math.min(first + count, Math.max(0, first));
  const to = Math.max(from, Math.min(height, first + count));
  into.fill(0, 0, (from - first) * stride);
  for (let y = from; y < to; y++) {
    const row = (y - first) * stride;
    into.fill(0, row, row + margin);
    into.set(plane.subarray(y * width, (y + 1) * width) as never, row + margin);
    into.fill(0, row + margin + width, row + stride);
  }
  into.fill(0, (to - first) * stride);
}

/** The passes with their kernels, flipped, in the module's memory. */
function placePasses(arena: Arena, passes: readonly ConvolvePass[]): (ConvolvePass & { at: number })[] {
  return passes.map((pass) => {
    const block = arena.floats(pass.kernel.length);
    block.view.set(flipKernel(pass.kernel));
    return { ...pass, at: block.at };
  });
}

/** Convolves a plane in strips by one or two passes, with a mask rule if given. */
export function convolveStrips(
  src: Float32Array,
  width: number,
  height: number,
  passes: readonly ConvolvePass[],
  dst: Float32Array,
  rule?: MaskRule,
): void {
  const marginX = Math.max(...passes.map(({ nx }) => nx >> 1));
  const marginY = Math.max(...passes.map(({ ny }) => ny >> 1));
  const padded = Math.ceil(width / VECTOR_COLUMNS) * VECTOR_COLUMNS;
  const stride = Math.ceil((padded + 2 * marginX) / 4) * 4;
  const strip = Math.min(STRIP_ROWS, height);
  const rows = strip + 2 * marginY;
  const planeBytes = stride * rows * 4;
  const arena = openArena(planeBytes * 3 + padded * (2 * rows + strip * 2) * 4 + 64 * 1024);
  const { kernels } = arena;
  const placed = placePasses(arena, passes);
  const values = arena.floats(stride * rows);
  const total = rule?.total;
  const used = total !== undefined ? arena.floats(stride * rows) : undefined;
  const mask = rule ? arena.words(stride * rows) : undefined;
  const middle = passes.length > 1 ? arena.floats(padded * rows) : undefined;
  const out = arena.floats(padded * strip);
  const weights = total !== undefined ? arena.floats(padded * strip) : undefined;

  const run = (input: Block<Float32Array>, output: Block<Float32Array>, count: number): void => {
    const [first, second] = placed as [ConvolvePass & { at: number }, (ConvolvePass & { at: number })?];
    const target = second ? middle! : output;
    const lines = second ? count + 2 * marginY : count;
    kernels.convolveRows(
      input.at,
      stride * 4,
      first.at,
      first.nx,
      first.ny,
      target.at,
      padded * 4,
      padded,
      lines,
    );
    if (second) {
      const { at, nx, ny } = second;
      kernels.convolveRows(target.at, padded * 4, at, nx, ny, output.at, padded * 4, padded, count);
    }
  };

  for (let y = 0; y < height; y += strip) {
    const count = Math.min(strip, height - y);
    const lines = count + 2 * marginY;
    loadRows(src, width, height, y - marginY, lines, values.view, stride, marginX);
    if (rule && mask) loadRows(rule.mask, width, height, y - marginY, lines, mask.view, stride, marginX);
    if (rule && mask && !used) kernels.clearRows(values.at, mask.at, rule.bits, stride * lines * 4);
    if (rule && mask && used && weights) {
      kernels.maskRows(values.at, mask.at, rule.bits, used.at, stride * lines * 4);
      clearMargins(used.view, stride, marginX, width, y - marginY, lines, height);
      run(used, weights, count);
    }
    run(values, out, count);
    if (total !== undefined && weights) {
      const least = Math.fround(Math.abs(total) * 0.01);
      kernels.renormaliseRows(out.at, weights.at, padded * count * 4, total, least);
    }
    for (let row = 0; row < count; row++) {
      dst.set(out.view.subarray(row * padded, row * padded + width), (y + row) * width);
    }
  }
}

/** Pixels outside the plane were loaded as zero, which counts as usable: takes them out of the used share. */
function clearMargins(
  used: Float32Array,
  stride: number,
  margin: number,
  width: number,
  first: number,
  lines: number,
  height: number,
): void {
  for (let line = 0; line < lines; line++) {
    const start = line * stride;
    if (first + line < 0 || first + line >= height) used.fill(0, start, start + stride);
    else {
      used.fill(0, start, start + margin);
      used.fill(0, start + margin + width, start + stride);
    }
  }
}
