import type { Box, Exposure } from "@almagest/images";

/** How one amplifier was read, as the header cards AMPNAMnn, AMPBOXnn, … of a processed image record it. */
export interface AmplifierRecord {
  readonly name: string;
  readonly bbox: Box;
  /** Electrons per ADU that were assumed. */
  readonly gain: number;
  /** Electrons. */
  readonly readNoise: number;
  /** Level and scatter of the overscan, ADU, where there is one. */
  readonly overscan?: { readonly level: number; readonly noise: number };
}

type Cards = Record<string, string | number | boolean>;

const suffix = (index: number): string => String(index + 1).padStart(2, "0");

/** Header cards that record the amplifiers. */
export function amplifierCards(amplifiers: readonly AmplifierRecord[]): Cards {
  const cards: Cards = {};
  amplifiers.forEach(({ name, bbox, gain, readNoise, overscan }, i) => {
    const n = suffix(i);
    cards[`AMPNAM${n}`] = name;
    cards[`AMPBOX${n}`] = `${bbox.x0},${bbox.y0},${bbox.width},${bbox.height}`;
    cards[`AMPGAI${n}`] = gain;
    cards[`AMPRDN${n}`] = readNoise;
    if (overscan) {
      cards[`AMPOVS${n}`] = overscan.level;
      cards[`AMPNOI${n}`] = overscan.noise;
    }
  });
  return cards;
}

/** The amplifiers that an image's cards record; one of the whole image, of unit gain, where they record none. */
export function readAmplifierCards(exposure: Pick<Exposure, "bbox" | "metadata">): AmplifierRecord[] {
  const { metadata, bbox } = exposure;
  const records: AmplifierRecord[] = [];
  for (let i = 0; ; i++) {
    const n = suffix(i);
    const corners = String(metadata[`AMPBOX${n}`] ?? "")
      .split(",")
      .map(Number);
    if (corners.length !== 4 || !corners.every(Number.isFinite)) break;
    const [x0, y0, width, height] = corners as [number, number, number, number];
    const level = metadata[`AMPOVS${n}`];
    records.push({
      name: String(metadata[`AMPNAM${n}`] ?? n),
      bbox: { x0, y0, width, height },
      gain: Number(metadata[`AMPGAI${n}`] ?? 1),
      readNoise: Number(metadata[`AMPRDN${n}`] ?? 0),
      ...(level !== undefined && {
        overscan: { level: Number(level), noise: Number(metadata[`AMPNOI${n}`] ?? 0) },
      }),
    });
  }
  return records.length > 0 ? records : [{ name: "all", bbox, gain: 1, readNoise: 0 }];
}
