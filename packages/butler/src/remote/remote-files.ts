import { openAsBlob } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { AlmagestError, type Clock } from "@almagest/base";
import { toLocalPath } from "@almagest/resources";
import type { DatasetApi, GetOptions, IngestFile, OutputRecord } from "../api/dataset-api.ts";
import { type FileReadOptions, readDatasetFile, writeDatasetFile } from "../datastore/dataset-files.ts";
import { datasetMissing, readStored } from "../datastore/read-stored.ts";
import type { Universe } from "../dimensions/universe.ts";
import { chooseFormatter, type FormatterRegistry, formatterOf } from "../formatter-registry.ts";
import { newDatasetId } from "../repository/sql-codec.ts";
import type { DataId, DatasetRef, DatasetType } from "../types.ts";
import type { Connection } from "./connection.ts";

interface RemoteFile extends OutputRecord {
  readonly url: string;
}

function extensionOf(path: string): string {
  return /(\.[A-Za-z0-9_]{1,12}(\.(fz|gz|xz|bz2))?)$/.exec(basename(path))?.[1] ?? "";
}

/** Works in a folder that is gone afterwards. */
async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "almagest-remote-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What files of a Butler on a server are read and written with. */
export interface RemotePlace {
  readonly connection: Connection;
  readonly universe: Universe;
  readonly formatters: FormatterRegistry;
  readonly clock: Clock;
  /** The query with the default collections, where it names none. */
  searched<T extends { readonly collections?: string | readonly string[] }>(query: T | undefined): T;
  runToWrite(run: string | undefined): string;
}

/** Reading and writing datasets of a repository behind a server: files are fetched by signed address and read here, written here
 * and sent. */
export function createRemoteFiles(place: RemotePlace): Pick<DatasetApi, "get" | "put" | "ingest" | "getUri"> {
  const { connection, universe, formatters, clock, searched, runToWrite } = place;
  const { call } = connection;
  async function readFileOf(file: RemoteFile, get: FileReadOptions): Promise<unknown> {
    return inFolder(async (folder) => {
      const response = await fetch(file.url);
      if (!response.ok) {
        throw new AlmagestError(
          "BUTLER.FILE_MISSING",
          `The file of dataset ${file.ref.id} cannot be fetched.`,
          {
            fields: { status: response.status, id: file.ref.id },
          },
        );
      }
      const name = `file${extensionOf(file.path) || formatterOf(formatters, file).extension}`;
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (file.sizeBytes >= 0 && bytes.length !== file.sizeBytes) {
        throw new AlmagestError("BUTLER.FILE_CHANGED", `The file of dataset ${file.ref.id} came incomplete.`);
      }
      await writeFile(join(folder, name), bytes);
      return readDatasetFile(folder, formatters, { ...file, path: name }, get);
    });
  }
  const filesOf = async (ref: DatasetRef): Promise<RemoteFile[]> => {
    const [files] = await call<RemoteFile[][]>("fileUrls", [ref]);
    if (files!.length === 0) throw datasetMissing(ref, "has no stored file");
    return files!;
  };
  async function getByRef(ref: DatasetRef, options: GetOptions): Promise<unknown> {
    const { parameters } = options;
    return readStored(ref, await filesOf(ref), options, formatters.storageClasses, (file, component) =>
      readFileOf(file, {
        ...(parameters === undefined ? {} : { parameters }),
        ...(component === undefined ? {} : { component }),
        ...(options.verify && file.checksum !== undefined ? { checksum: file.checksum } : {}),
      }),
    );
  }
  async function getByDataId(name: string, dataId: DataId, get: GetOptions): Promise<unknown> {
    const [parent, component] = name.split(".") as [string, string | undefined];
    const { collections } = get;
    const ref = await call<DatasetRef | null>(
      "findDataset",
      parent,
      dataId,
      searched(collections === undefined ? {} : { collections }),
    );
    if (ref === null) {
      throw new AlmagestError(
        "BUTLER.DATASET_MISSING",
        `There is no '${parent}' for ${JSON.stringify(dataId)} in the collections searched.`,
        { fields: { datasetType: parent, dataId } },
      );
    }
    const wanted = get.component ?? component;
    return getByRef(ref, wanted === undefined ? get : { ...get, component: wanted });
  }
  function get(ref: DatasetRef, options?: GetOptions): Promise<unknown>;
  function get(datasetType: string, dataId: DataId, options?: GetOptions): Promise<unknown>;
  function get(
    what: DatasetRef | string,
    second?: DataId | GetOptions,
    third?: GetOptions,
  ): Promise<unknown> {
    return typeof what === "string"
      ? getByDataId(what, second as DataId, third ?? {})
      : getByRef(what, (second as GetOptions | undefined) ?? {});
  }
  async function send(path: string): Promise<{ upload: string; extension: string }> {
    const upload = newDatasetId(clock);
    const extension = extensionOf(path);
    await connection.upload(
      `upload/${upload}?extension=${encodeURIComponent(extension)}`,
      await openAsBlob(path),
    );
    return { upload, extension };
  }
  const put: DatasetApi["put"] = async (value, typeName, dataId, put = {}) => {
    const run = runToWrite(put.run);
    const datasetType = await call<DatasetType>("getDatasetType", typeName);
    const group = universe.completeGroup(datasetType.dimensions);
    const ref = {
      id: put.id ?? newDatasetId(clock),
      datasetType,
      dataId: universe.conform(dataId, group),
      run,
    };
    return inFolder(async (folder) => {
      const formatter = chooseFormatter(formatters, ref, group);
      const path = `file${formatter.extension}`;
      const located = {
        ref,
        path,
        formatter: formatter.name,
        storageClass: datasetType.storageClass,
      };
      await writeDatasetFile(folder, formatters, located, value, { overwrite: true, checksum: false });
      const sent = await send(join(folder, path));
      const file = {
        ...sent,
        datasetType: typeName,
        dataId: ref.dataId,
        formatter: formatter.name,
        id: ref.id,
      };
      const [stored] = await call<DatasetRef[]>("ingestUploads", [file], { run });
      return stored!;
    });
  };
  const ingest: DatasetApi["ingest"] = async (files, { mode, run, ...rest }) => {
    if (mode === "direct" || mode === "in-place") {
      throw new AlmagestError(
        "BUTLER.REMOTE_UNSUPPORTED",
        `A Butler on a server cannot ingest files by '${mode}'; copy sends them.`,
      );
    }
    const sent = [];
    for (const { path, ...file } of files satisfies readonly IngestFile[]) {
      sent.push({ ...file, ...(await send(toLocalPath(path))) });
    }
    const refs = await call<DatasetRef[]>("ingestUploads", sent, { run: runToWrite(run), ...rest });
    if (mode === "move") for (const { path } of files) await rm(toLocalPath(path));
    return refs;
  };
  const getUri: DatasetApi["getUri"] = async (ref) => {
    const files = await filesOf(ref);
    return (files.find((item) => item.component === undefined) ?? files[0]!).url;
  };
  return { get, put, ingest, getUri };
}
