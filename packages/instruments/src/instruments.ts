import { AlmagestError } from "@almagest/base";
import { DECAM } from "./decam/decam.ts";
import { readFileHeaders } from "./file-headers.ts";
import { inheritCards } from "./header.ts";
import { HSC } from "./hsc/hsc.ts";
import type { FileHeaders, Instrument, InstrumentKind } from "./instrument.ts";
import { LSSTCAM, LSSTCOMCAM } from "./lsst/lsst-instruments.ts";
import { MEGAPRIME } from "./megaprime/megaprime.ts";
import { SIMCAM } from "./simcam/simcam.ts";

/** The instruments whose raw files are known, by name. To add one, copy `decam/`. */
export const INSTRUMENTS: ReadonlyMap<string, InstrumentKind> = new Map(
  [SIMCAM, LSSTCOMCAM, LSSTCAM, DECAM, HSC, MEGAPRIME].map((kind) => [kind.name, kind]),
);

/** The kind of instrument that wrote a file, or undefined when none is known to write such headers. */
export function findInstrumentKind(file: FileHeaders): InstrumentKind | undefined {
  const [primary = new Map()] = file.hdus;
  for (const kind of INSTRUMENTS.values()) {
    if (file.hdus.some((header) => kind.recognises(inheritCards(primary, header)))) return kind;
  }
  return undefined;
}

/** The instrument that wrote some raw files, its camera as the headers tell it. Throws `INSTRUMENTS.UNKNOWN`. */
export async function detectInstrument(paths: readonly string[]): Promise<Instrument> {
  const files: FileHeaders[] = [];
  for (const path of paths) files.push(await readFileHeaders(path));
  const kinds = files.map(findInstrumentKind);
  const [kind] = kinds;
  const odd = kinds.findIndex((candidate) => candidate === undefined || candidate !== kind);
  if (kind === undefined || odd >= 0) {
    const path = files[Math.max(0, odd)]?.path ?? "no files";
    throw new AlmagestError(
      "INSTRUMENTS.UNKNOWN",
      kinds[odd] === undefined
        ? `${path}: no known instrument (${[...INSTRUMENTS.keys()].join(", ")}) writes such headers; use \`almagest process\`.`
        : `${path} is of ${kinds[odd].name}, the files before of ${kind?.name}; ingest them apart.`,
      { fields: { path } },
    );
  }
  return kind.create(files);
}

/** The instrument of a name as stored in a repository. Throws `INSTRUMENTS.UNKNOWN`. */
export function getInstrumentKind(name: string): InstrumentKind {
  const kind = INSTRUMENTS.get(name);
  if (kind !== undefined) return kind;
  throw new AlmagestError(
    "INSTRUMENTS.UNKNOWN",
    `There is no instrument ${name}; known are ${[...INSTRUMENTS.keys()].join(", ")}.`,
    { fields: { name } },
  );
}
