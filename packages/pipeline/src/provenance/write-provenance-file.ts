import { rename, rm } from "node:fs/promises";
import { AlmagestError } from "@almagest/base";
import type { DatasetRef } from "@almagest/butler";
import type { PackageVersions } from "../formatters/packages-formatter.ts";
import { type AddressRow, type BlockPlace, encodeAddresses } from "../qg/address-table.ts";
import { formatExactJson } from "../qg/exact-json.ts";
import { addDocument } from "../qg/graph-archive.ts";
import {
  type DatasetModel,
  LOG_CONNECTION,
  METADATA_CONNECTION,
  type QuantumModel,
} from "../qg/graph-models.ts";
import type { GraphFile } from "../qg/open-graph-file.ts";
import { createZip } from "../qg/stored-zip.ts";
import type { ReportSource } from "../report/stored-quanta.ts";
import type { ButlerLogRecords } from "../run/log-records.ts";
import type { TaskMetadata } from "../run/task-metadata.ts";
import { type BlockFile, createBlockFile } from "./block-file.ts";
import { describeAttempts } from "./describe-attempts.ts";
import { PROVENANCE_BLOCKS, type ProvenanceBlock, type ProvenanceQuantumModel } from "./provenance-models.ts";
import { type Links, readLinks } from "./read-links.ts";

/** Where a provenance graph comes from, and where it goes. */
export interface WriteProvenanceOptions {
  /** The repository, in which the graph's outputs are registered. */
  readonly source: Pick<ReportSource, "getDatasets" | "get">;
  /** Ends in `.qg`. */
  readonly path: string;
  readonly onProgress?: (done: number, total: number) => void;
}

/** How the quanta of a graph ended, as written. */
export interface WrittenProvenance {
  readonly succeeded: number;
  readonly failed: number;
  readonly blocked: number;
  /** Neither metadata nor log, and nothing before them failed. */
  readonly unknown: number;
}

/**
 * Writes what became of a predicted graph as a provenance graph, which the original's `ProvenanceQuantumGraph` reads: each
 * quantum with its attempts, metadata and logs, each dataset with its maker and readers. Replaces a file of that name at once.
 * Throws `PIPELINE.QG_INVALID`, `PIPELINE.RUN_INVALID` for another extension, and what the repository throws.
 */
export async function writeProvenanceFile(
  file: GraphFile,
  options: WriteProvenanceOptions,
): Promise<WrittenProvenance> {
  const { path } = options;
  if (!path.endsWith(".qg")) {
    throw new AlmagestError("PIPELINE.RUN_INVALID", `A provenance graph file is named *.qg, not ${path}.`, {
      fields: { path },
    });
  }
  await using stack = new AsyncDisposableStack();
  const blocks = new Map<ProvenanceBlock, BlockFile>();
  for (const name of PROVENANCE_BLOCKS)
    blocks.set(name, stack.use(await createBlockFile(`${path}.${name}.${process.pid}.tmp`)));
  const writer = new ProvenanceWriter(file, options, blocks, await readLinks(file));
  const counts = await writer.addQuanta();
  const temporary = `${path}.${process.pid}.tmp`;
  const zip = await createZip(temporary);
  stack.defer(async () => {
    await zip.close();
    await rm(temporary, { force: true });
  });
  const header = { ...file.header, graph_type: "provenance" };
  await addDocument(zip, "header", formatExactJson(header));
  await addDocument(zip, "pipeline_graph", formatExactJson(await file.readPipeline()));
  await addDocument(zip, "packages", formatExactJson(await writer.packages()));
  await addDocument(zip, "init_quanta", formatExactJson(await writer.addInitQuanta()));
  for (const [name, each] of blocks) await each.copyTo(zip, `${name}.mb`);
  await zip.begin("nodes.addr");
  await zip.write(encodeAddresses(writer.addresses(), PROVENANCE_BLOCKS.length));
  await zip.finish();
  await rename(temporary, path);
  return counts;
}

const TOGETHER = 500;
const NOWHERE: BlockPlace = { offset: 0, size: 0 };

class ProvenanceWriter {
  readonly #file: GraphFile;
  readonly #options: WriteProvenanceOptions;
  readonly #blocks: ReadonlyMap<ProvenanceBlock, BlockFile>;
  readonly #links: Links;
  readonly #places = new Map<string, BlockPlace[]>();

  constructor(
    file: GraphFile,
    options: WriteProvenanceOptions,
    blocks: ReadonlyMap<ProvenanceBlock, BlockFile>,
    links: Links,
  ) {
    this.#file = file;
    this.#options = options;
    this.#blocks = blocks;
    this.#links = links;
  }

  addresses(): AddressRow[] {
    return [...this.#places].map(([id, places]) => ({ id, places }));
  }

  async addQuanta(): Promise<WrittenProvenance> {
    const counts = { succeeded: 0, failed: 0, blocked: 0, unknown: 0 };
    const done = await this.#findDone();
    let page: QuantumModel[] = [];
    let count = 0;
    const finish = async (): Promise<void> => {
      const found = await this.#find(page);
      for (const quantum of page) counts[await this.#addQuantum(quantum, found, done)]++;
      count += page.length;
      page = [];
      this.#options.onProgress?.(count, this.#file.header.n_quanta);
    };
    for await (const quantum of this.#file.readQuanta()) if (page.push(quantum) >= TOGETHER) await finish();
    await finish();
    return counts;
  }

  /** Quanta that succeeded. */
  async #findDone(): Promise<Set<string>> {
    const done = new Set<string>();
    const all = [...this.#links.metadata];
    for (let start = 0; start < all.length; start += TOGETHER * 10) {
      const some = all.slice(start, start + TOGETHER * 10);
      const refs = await this.#options.source.getDatasets(some.map(([, metadata]) => metadata));
      const there = new Set(refs.map(({ id }) => id));
      for (const [quantum, metadata] of some) if (there.has(metadata)) done.add(quantum);
    }
    return done;
  }

  /** Datasets of the quanta that are registered, by id. */
  async #find(quanta: readonly QuantumModel[]): Promise<Map<string, DatasetRef>> {
    const ids = quanta.flatMap(({ outputs }) =>
      Object.values(outputs).flatMap((list) => list.map(({ dataset_id }) => dataset_id)),
    );
    return new Map((await this.#options.source.getDatasets(ids)).map((ref) => [ref.id, ref]));
  }

  async #addQuantum(
    quantum: QuantumModel,
    found: ReadonlyMap<string, DatasetRef>,
    done: ReadonlySet<string>,
  ): Promise<keyof WrittenProvenance> {
    const { quantum_id: id, task_label, data_coordinate, inputs, outputs } = quantum;
    const read = async (connection: string): Promise<unknown> => {
      const ref = found.get(outputs[connection]?.[0]?.dataset_id ?? "");
      return ref && this.#options.source.get(ref);
    };
    const metadata = (await read(METADATA_CONNECTION)) as TaskMetadata | undefined;
    const log = (await read(LOG_CONNECTION)) as ButlerLogRecords | undefined;
    const isTried = metadata !== undefined || log !== undefined;
    const waits = !isTried && (this.#links.before.get(id) ?? []).some((one) => !done.has(one));
    const described = describeAttempts(task_label, metadata, log);
    const model: ProvenanceQuantumModel = {
      quantum_id: id,
      task_label,
      data_coordinate,
      inputs: idsOf(inputs),
      outputs: idsOf(outputs),
      attempts: waits ? [] : described.attempts,
    };
    await this.#add("quanta", model, [id]);
    for (const each of new Map(
      Object.values(outputs)
        .flat()
        .map((one) => [one.dataset_id, one]),
    ).values())
      await this.#addDataset(each, found.has(each.dataset_id), id);
    for (const each of Object.values(inputs).flat())
      if (!this.#links.made.has(each.dataset_id) && !this.#places.has(each.dataset_id))
        await this.#addDataset(each, true, null);
    if (isTried) {
      const ofConnection = (name: string): string[] => [
        id,
        ...(outputs[name] ?? []).map((one) => one.dataset_id),
      ];
      await this.#add("metadata", described.metadata, ofConnection(METADATA_CONNECTION));
      await this.#add("logs", described.logs, ofConnection(LOG_CONNECTION));
    }
    if (metadata !== undefined) return "succeeded";
    return log !== undefined ? "failed" : waits ? "blocked" : "unknown";
  }

  async addInitQuanta(): Promise<unknown> {
    const first = (lists: QuantumModel["inputs"]): Record<string, string> =>
      Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, list[0]!.dataset_id]));
    const own = (await this.#file.readInitQuanta()).filter(({ task_label }) => task_label !== "");
    const found = await this.#find(own);
    for (const { quantum_id, outputs } of own) {
      for (const each of Object.values(outputs).flat())
        await this.#addDataset(each, found.has(each.dataset_id), quantum_id);
    }
    return own.map(({ quantum_id, task_label, inputs, outputs }) => ({
      quantum_id,
      task_label,
      inputs: first(inputs),
      outputs: first(outputs),
    }));
  }

  async packages(): Promise<PackageVersions> {
    const [of] = (await this.#file.readInitQuanta()).filter(({ task_label }) => task_label === "");
    const [ref] = of === undefined ? [] : (await this.#find([of])).values();
    return ref === undefined ? {} : ((await this.#options.source.get(ref)) as PackageVersions);
  }

  #addDataset(model: DatasetModel, produced: boolean, producer: string | null): Promise<void> {
    const consumers = this.#links.readers.get(model.dataset_id) ?? [];
    return this.#add("datasets", { ...model, produced, producer, consumers }, [model.dataset_id]);
  }

  /** Adds a block, found by any of these ids. */
  async #add(name: ProvenanceBlock, model: unknown, ids: readonly string[]): Promise<void> {
    const place = await this.#blocks.get(name)!.add(formatExactJson(model));
    for (const id of ids) {
      const places = this.#places.get(id) ?? PROVENANCE_BLOCKS.map(() => NOWHERE);
      places[PROVENANCE_BLOCKS.indexOf(name)] = place;
      this.#places.set(id, places);
    }
  }
}

const idsOf = (lists: QuantumModel["inputs"]): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries(lists).map(([name, list]) => [name, list.map(({ dataset_id }) => dataset_id)]),
  );
