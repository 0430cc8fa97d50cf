import type { Butler } from "@almagest/butler";

/** Gain and read noise of one amplifier, measured on pairs of flat and bias frames. */
export interface MeasuredElectronics {
  readonly instrument: string;
  readonly detector: number;
  readonly amplifier: string;
  /** Electrons per ADU by photon transfer, and by the header. */
  readonly gain?: number;
  readonly assumedGain?: number;
  readonly readNoiseElectrons?: number;
}

interface StoredMetadata {
  readonly metadata: Readonly<Record<string, { readonly scalars: Readonly<Record<string, unknown>> }>>;
}

/** Scalars that a combining task left, by detector. */
async function readScalars(butler: Butler, task: string, run: string) {
  const type = `${task}_metadata`;
  if ((await butler.queryDatasetTypes(type)).length === 0) return [];
  const found: Array<{ detector: number; scalars: ReadonlyMap<string, number> }> = [];
  for (const ref of await butler.queryDatasets(type, { collections: run })) {
    const scalars = ((await butler.get(ref)) as StoredMetadata).metadata[task]?.scalars ?? {};
    const numbers = Object.entries(scalars).filter((entry): entry is [string, number] =>
      Number.isFinite(entry[1]),
    );
    found.push({ detector: Number(ref.dataId.detector), scalars: new Map(numbers) });
  }
  return found;
}

/** What the bias and flat frames of an instrument told of its amplifiers; empty with single frames. */
export async function readMeasuredElectronics(
  butler: Butler,
  instrument: string,
  runs: readonly string[],
): Promise<MeasuredElectronics[]> {
  const found = new Map<string, MeasuredElectronics>();
  const merge = (detector: number, amplifier: string, more: Partial<MeasuredElectronics>): void => {
    const key = `${detector}/${amplifier}`;
    found.set(key, { ...(found.get(key) ?? { instrument, detector, amplifier }), ...more });
  };
  for (const run of runs) {
    for (const { detector, scalars } of await readScalars(butler, "cpBiasCombine", run)) {
      for (const [name, value] of scalars) {
        const amplifier = /^readNoiseElectrons\.(.*)$/.exec(name)?.[1];
        if (amplifier !== undefined) merge(detector, amplifier, { readNoiseElectrons: value });
      }
    }
    for (const { detector, scalars } of await readScalars(butler, "cpFlatCombine", run)) {
      for (const [name, gain] of scalars) {
        const amplifier = /^gain\.(.*)$/.exec(name)?.[1];
        if (amplifier === undefined) continue;
        const ratio = scalars.get(`gainOverAssumed.${amplifier}`);
        merge(detector, amplifier, { gain, ...(ratio === undefined ? {} : { assumedGain: gain / ratio }) });
      }
    }
  }
  return [...found.values()];
}

/** A sentence on a measured amplifier. */
export function describeElectronics(one: MeasuredElectronics): string {
  const { instrument, detector, amplifier, gain, assumedGain, readNoiseElectrons } = one;
  const parts = [
    ...(gain === undefined
      ? []
      : [
          `gain ${gain.toFixed(2)} electrons per ADU by the flat frames${assumedGain === undefined ? "" : ` (taken as ${assumedGain.toFixed(2)})`}`,
        ]),
    ...(readNoiseElectrons === undefined
      ? []
      : [`read noise ${readNoiseElectrons.toFixed(1)} electrons by the bias frames`]),
  ];
  return `${instrument}, detector ${detector}, amplifier ${amplifier}: ${parts.join(", ")}.`;
}
