import type { Amplifier, Box } from "@almagest/images";
import type { IsrConfig } from "./isr-config.ts";

/** Shortens the box by `skip` at the side that touches the imaging pixels and by `trail` at the other. */
function trimAway(start: number, size: number, dataStart: number, skip: number, trail: number) {
  const afterData = start >= dataStart;
  return { start: start + (afterData ? skip : trail), size: size - skip - trail };
}

/** The serial overscan columns to measure, or undefined where the amplifier has too few. */
export function serialOverscanBox(amplifier: Amplifier, options: IsrConfig["overscan"]): Box | undefined {
  const box = amplifier.rawSerialOverscanBox;
  const { leadingColumnsToSkip, trailingColumnsToSkip } = options;
  const data = amplifier.rawDataBox;
  const trimmed = trimAway(box.x0, box.width, data.x0, leadingColumnsToSkip, trailingColumnsToSkip);
  if (trimmed.size >= 2 && box.height > 0) return { ...box, x0: trimmed.start, width: trimmed.size };
  return box.width >= 2 && box.height > 0 ? box : undefined;
}

/** The parallel overscan rows to measure over the imaging columns, or undefined where there are too few. */
export function parallelOverscanBox(amplifier: Amplifier, options: IsrConfig["overscan"]): Box | undefined {
  const box = amplifier.rawParallelOverscanBox;
  const data = amplifier.rawDataBox;
  const trimmed = trimAway(box.y0, box.height, data.y0, options.leadingRowsToSkip, 0);
  if (trimmed.size < 2 || box.width === 0) return undefined;
  return { x0: data.x0, width: data.width, y0: trimmed.start, height: trimmed.size };
}

/** Whether the raw segment is stored against the order of readout, in x and in y. Charge leaves at the prescan's side,
 * or opposite the overscan's. */
export function storedAgainstReadout(amplifier: Amplifier): { readonly x: boolean; readonly y: boolean } {
  const { rawDataBox: data, rawPrescanBox: prescan, rawSerialOverscanBox: serial } = amplifier;
  const parallel = amplifier.rawParallelOverscanBox;
  const x =
    prescan.width > 0 && prescan.x0 !== data.x0
      ? prescan.x0 > data.x0
      : serial.width > 0 && serial.x0 < data.x0;
  return { x, y: parallel.height > 0 && parallel.y0 < data.y0 };
}
