import type { Butler, DatasetRef, DatastoreRecords, OutputRecord } from "@almagest/butler";
import { describeQuantum, formatDatastoreRecords } from "@almagest/butler";

/** Tells where the files of stored datasets are, in the form of a graph file; asks for many at once. */
export interface InputRecords {
  /** Looks up the files of these datasets; earlier ones are forgotten. */
  prepare(refs: readonly DatasetRef[]): Promise<void>;
  /** The records of those of these datasets that have been prepared; `{}` where none has a file. */
  of(ids: readonly string[]): DatastoreRecords | Readonly<Record<string, never>>;
}

/** Knows of no files: what runs such a graph asks the repository. */
export const NO_RECORDS: InputRecords = { prepare: async () => {}, of: () => ({}) };

/** Records of the repository at a path. Throws as `describeQuantum`. */
export async function createInputRecords(
  butler: Pick<Butler, "storedFiles" | "universe">,
  location: string,
): Promise<InputRecords> {
  const { universe } = butler;
  const { datastore } = await describeQuantum(location, { universe, inputs: [], outputs: [] });
  const known = new Map<string, readonly OutputRecord[]>();
  return {
    async prepare(refs) {
      const asked = [...new Map(refs.map((ref) => [ref.id, ref])).values()];
      const kept = asked.map(({ id }) => known.get(id));
      const fresh = asked.filter((_, i) => kept[i] === undefined);
      const found = fresh.length > 0 ? await butler.storedFiles(fresh) : [];
      known.clear();
      for (const [i, ref] of asked.entries()) if (kept[i]) known.set(ref.id, kept[i]);
      for (const [i, ref] of fresh.entries()) known.set(ref.id, found[i]!);
    },
    of(ids) {
      const files = [...new Set(ids)].flatMap((id) => known.get(id) ?? []);
      return files.length === 0 || datastore === undefined ? {} : formatDatastoreRecords(files, datastore);
    },
  };
}
