import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { processorSeconds } from "./processor-time.ts";

/** A moment of a campaign; what is summed goes on from one process to the next. */
export interface Sample {
  /** Jobs that have finished. */
  readonly done: number;
  /** Since the submission began, without the time between two processes. */
  readonly seconds: number;
  /** Of the manager's process and of the database. */
  readonly processorSec: number;
  readonly residentMb: number;
  /** Of tables and indexes on disk. */
  readonly databaseBytes: number;
}

/** Processor time per job between two samples, in microseconds. */
export const costUs = (from: Sample, to: Sample): number =>
  ((to.processorSec - from.processorSec) / (to.done - from.done)) * 1e6;

/** The samples of a campaign, on disk where it has a folder, so that a later process goes on with it. */
export class CampaignRecord {
  readonly samples: Sample[] = [];
  readonly #path: string | undefined;
  readonly #start = performance.now();
  readonly #before: Pick<Sample, "seconds" | "processorSec">;

  constructor(folder: string | undefined) {
    if (folder !== undefined) {
      mkdirSync(folder, { recursive: true });
      this.#path = join(folder, "samples.jsonl");
      if (existsSync(this.#path)) {
        const lines = readFileSync(this.#path, "utf8").trim().split("\n");
        this.samples.push(...lines.map((line) => JSON.parse(line) as Sample));
      }
    }
    this.#before = this.samples.at(-1) ?? { seconds: 0, processorSec: 0 };
  }

  add(done: number, databaseBytes: number): Sample {
    const { own, children } = processorSeconds();
    const sample: Sample = {
      done,
      seconds: this.#before.seconds + (performance.now() - this.#start) / 1000,
      processorSec: this.#before.processorSec + own + children,
      residentMb: process.memoryUsage().rss / 1e6,
      databaseBytes,
    };
    this.samples.push(sample);
    if (this.#path !== undefined) appendFileSync(this.#path, `${JSON.stringify(sample)}\n`);
    return sample;
  }

  /** The sample nearest to a part of the whole. */
  at(done: number): Sample {
    const distance = (sample: Sample): number => Math.abs(sample.done - done);
    return this.samples.reduce((best, sample) => (distance(sample) < distance(best) ? sample : best));
  }
}
