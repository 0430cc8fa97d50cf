import type { Butler } from "@almagest/butler";
import type { GenericInstrument, ObservationInfo, PlacedFrame } from "@almagest/instruments";

/** An instrument whose exposures and detectors bear the ids under which the repository knows them. */
export interface KeptInstrument {
  readonly instrument: GenericInstrument;
  readonly frames: readonly PlacedFrame[];
}

/** What names an exposure whatever number it got: its day and the name of its file. */
function keyOf(observationId: string): string {
  const match = /^(\d+)_\d+_(.*)$/.exec(observationId);
  return match === null ? observationId : `${match[1]}/${match[2]}`;
}

interface KnownExposure {
  readonly id: number;
  readonly seqNum: number;
  readonly observationId: string;
}

async function queryExposures(butler: Butler, instrument: string): Promise<Map<string, KnownExposure[]>> {
  const known = new Map<string, KnownExposure[]>();
  for (const record of await butler.queryRecords("exposure", { where: `instrument = '${instrument}'` })) {
    const observationId = String(record.obs_id);
    const entry = { id: Number(record.id), seqNum: Number(record.seq_num), observationId };
    known.set(keyOf(observationId), [...(known.get(keyOf(observationId)) ?? []), entry]);
  }
  return known;
}

/**
 * Gives the exposures and detectors of an instrument made from headers the ids that the repository has for them, and new ones
 * to the rest, so that frames may be added to what was processed before.
 */
export async function keepIds(butler: Butler, instrument: GenericInstrument): Promise<KeptInstrument> {
  const exists =
    (await butler.queryRecords("instrument", { where: `instrument = '${instrument.name}'` })).length > 0;
  if (!exists) return { instrument, frames: instrument.frames };
  const detectors = await mapDetectors(butler, instrument);
  const exposures = await mapExposures(butler, instrument);
  const frames = instrument.frames.map(({ frame, info }): PlacedFrame => {
    const { id, seqNum, observationId } = exposures.get(info.exposureId)!;
    const changes: Partial<ObservationInfo> = {
      exposureId: id,
      visitId: id,
      seqNum,
      observationId,
      group: String(id),
      detectorId: detectors.get(info.detectorId)!,
    };
    return { frame, info: { ...info, ...changes } };
  });
  const camera = {
    ...instrument.camera,
    detectors: instrument.camera.detectors.map((detector) => ({
      ...detector,
      id: detectors.get(detector.id)!,
    })),
  };
  return { instrument: { ...instrument, camera, frames }, frames };
}

async function mapDetectors(butler: Butler, instrument: GenericInstrument): Promise<Map<number, number>> {
  const records = await butler.queryRecords("detector", { where: `instrument = '${instrument.name}'` });
  const known = new Map(records.map((record) => [String(record.full_name), Number(record.id)]));
  let next = Math.max(-1, ...known.values()) + 1;
  return new Map(instrument.camera.detectors.map(({ id, name }) => [id, known.get(name) ?? next++]));
}

async function mapExposures(
  butler: Butler,
  instrument: GenericInstrument,
): Promise<Map<number, KnownExposure>> {
  const known = await queryExposures(butler, instrument.name);
  const lastOfDay = new Map<number, number>();
  for (const { id, seqNum } of [...known.values()].flat()) {
    const day = Math.floor(id / 100_000);
    lastOfDay.set(day, Math.max(lastOfDay.get(day) ?? 0, seqNum));
  }
  const mapped = new Map<number, KnownExposure>();
  for (const { info } of instrument.frames) {
    if (mapped.has(info.exposureId)) continue;
    const before = known.get(keyOf(info.observationId))?.shift();
    if (before !== undefined) {
      mapped.set(info.exposureId, before);
      continue;
    }
    const seqNum = (lastOfDay.get(info.dayObs) ?? 0) + 1;
    lastOfDay.set(info.dayObs, seqNum);
    const [, name] = keyOf(info.observationId).split("/");
    mapped.set(info.exposureId, {
      id: info.dayObs * 100_000 + seqNum,
      seqNum,
      observationId: `${info.dayObs}_${String(seqNum).padStart(5, "0")}_${name}`,
    });
  }
  return mapped;
}
