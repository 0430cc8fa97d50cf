import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Worker } from "node:worker_threads";
import { AlmagestError, canonicalJson } from "@almagest/base";
import { parse, stringify } from "yaml";
import { createSurvey, type Survey } from "../simulate-detector.ts";
import { createSurveyOptions, type SurveyOptions } from "../survey-options.ts";
import { createReferenceCatalog } from "../truth/reference-catalog.ts";
import { makeSurveyFile } from "./make-file.ts";
import { listSurveyFiles, type SurveyFile } from "./survey-files.ts";
import type { SurveyWorkerData } from "./survey-worker.ts";
import { writeTextAtomically } from "./write-text.ts";

/** How to make the files. */
export interface SimulateOptions {
  /** Worker threads; 0 makes everything in this thread. */
  readonly workers?: number;
  /** Called after each file, and once at the start when some are there already. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What a survey's folder holds, as `survey.yaml` lists it; paths relative to the folder. */
export interface SurveyManifest {
  readonly options: SurveyOptions;
  readonly raws: readonly string[];
  /** By detector; read with `readDefects` of the images room. */
  readonly defects: readonly { readonly detector: number; readonly path: string }[];
  readonly truth: readonly string[];
  readonly refcat: readonly { readonly htm7: number; readonly path: string }[];
}

interface StoredManifest extends Partial<SurveyManifest> {
  readonly complete: boolean;
  readonly options: SurveyOptions;
}

const MANIFEST = "survey.yaml";

async function readStored(directory: string): Promise<StoredManifest | undefined> {
  const path = join(directory, MANIFEST);
  return existsSync(path) ? (parse(await readFile(path, "utf8")) as StoredManifest) : undefined;
}

function manifestOf(options: SurveyOptions, files: readonly SurveyFile[]): SurveyManifest {
  const paths = (...kinds: readonly SurveyFile["kind"][]): string[] =>
    files.filter((file) => kinds.includes(file.kind)).map((file) => file.path);
  return {
    options,
    raws: paths("raw"),
    defects: files.flatMap((file) =>
      file.kind === "defects" ? [{ detector: file.detector, path: file.path }] : [],
    ),
    truth: paths("truth", "truth-sources"),
    refcat: files.flatMap((file) => (file.kind === "refcat" ? [{ htm7: file.htm7, path: file.path }] : [])),
  };
}

/**
 * Makes a synthetic survey under `directory`: `raw/DAY/*.fits`, `calib/defects_*.json`, `truth/*.parquet`,
 * `refcat/htm7_*.parquet`, and `survey.yaml` that lists them. Files appear whole or not at all; files that are there are
 * kept, so an interrupted call can be repeated; the result does not depend on the number of workers. Throws
 * `SIMULATOR.OTHER_SURVEY` where the folder holds a survey with other options, and `SIMULATOR.WORKER_FAILED`.
 */
export async function simulateSurvey(
  directory: string,
  changes: Parameters<typeof createSurveyOptions>[0] = {},
  { workers = 0, onProgress = () => {} }: SimulateOptions = {},
): Promise<SurveyManifest> {
  const options = createSurveyOptions(changes);
  const stored = await readStored(directory);
  if (stored !== undefined && canonicalJson(stored.options) !== canonicalJson(options)) {
    throw new AlmagestError(
      "SIMULATOR.OTHER_SURVEY",
      `${directory} holds a survey made with other options; choose another folder, or remove this one.`,
      { fields: { directory } },
    );
  }
  if (stored?.complete === true) {
    const { complete: _, ...manifest } = stored;
    if (allExist(directory, manifest as SurveyManifest)) return manifest as SurveyManifest;
  }
  await mkdir(directory, { recursive: true });
  if (stored === undefined)
    await writeTextAtomically(join(directory, MANIFEST), stringify({ complete: false, options }));

  const survey = createSurvey(options);
  const files = listSurveyFiles(
    survey,
    [...createReferenceCatalog(survey).keys()].sort((a, b) => a - b),
  );
  const missing = files.filter((file) => !existsSync(join(directory, file.path)));
  for (const folder of new Set(missing.map((file) => dirname(file.path)))) {
    await mkdir(join(directory, folder), { recursive: true });
  }
  let done = files.length - missing.length;
  if (done > 0) onProgress(done, files.length);
  const advance = (): void => onProgress(++done, files.length);
  if (workers > 0) await makeWithWorkers({ options, directory }, missing, workers, advance);
  else await makeHere(survey, missing, directory, advance);

  const manifest = manifestOf(options, files);
  await writeTextAtomically(join(directory, MANIFEST), stringify({ complete: true, ...manifest }));
  return manifest;
}

/** Reads `survey.yaml` of a finished survey, or undefined where there is none yet. */
export async function readSurveyManifest(directory: string): Promise<SurveyManifest | undefined> {
  const stored = await readStored(directory);
  if (stored === undefined || !stored.complete) return undefined;
  const { complete: _, ...manifest } = stored;
  return manifest as SurveyManifest;
}

function allExist(directory: string, manifest: SurveyManifest): boolean {
  const paths = [
    ...manifest.raws,
    ...manifest.defects.map(({ path }) => path),
    ...manifest.truth,
    ...manifest.refcat.map(({ path }) => path),
  ];
  return paths.every((path) => existsSync(join(directory, path)));
}

async function makeHere(
  survey: Survey,
  files: readonly SurveyFile[],
  directory: string,
  advance: () => void,
): Promise<void> {
  for (const file of files) {
    await makeSurveyFile(survey, file, directory);
    advance();
  }
}

/** Hands the files out one by one, each worker taking the next when it has written the last. */
async function makeWithWorkers(
  workerData: SurveyWorkerData,
  files: readonly SurveyFile[],
  count: number,
  advance: () => void,
): Promise<void> {
  const script = new URL("./survey-worker.ts", import.meta.url);
  let next = 0;
  const run = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(script, { workerData });
      const fail = (cause: unknown): void =>
        reject(
          new AlmagestError(
            "SIMULATOR.WORKER_FAILED",
            `A worker of the simulation failed: ${String(cause)}.`,
            { cause },
          ),
        );
      const give = (): void => {
        if (next < files.length) worker.postMessage(files[next++]);
        else void worker.terminate().then(() => resolve());
      };
      worker.on("message", () => {
        advance();
        give();
      });
      worker.once("error", fail);
      give();
    });
  await Promise.all(Array.from({ length: Math.min(count, files.length) }, run));
}
