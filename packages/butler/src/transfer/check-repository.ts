import { relative, sep } from "node:path";
import { isAlmagestError } from "@almagest/base";
import { identifier, joinSql, sql } from "@almagest/database";
import {
  checksumFile,
  checksumOf,
  decodePath,
  isRemoteUri,
  isTemporaryName,
  storeFor,
  toLocalPath,
} from "@almagest/resources";
import { chunks } from "../datasets/dataset-store.ts";
import { type FileRecord, toFileRecord } from "../datastore/file-records.ts";
import { locationOf, removeStored, type StoredFileInfo, statStored } from "../datastore/stored-file.ts";
import { readZipMember, zipMemberOf } from "../datastore/zip-member.ts";
import type { ButlerState } from "../direct/butler-state.ts";
import { emptyTrash } from "../direct/prune.ts";
import { removeUnclaimed } from "../direct/undo-log.ts";
import { encodeUuid } from "../repository/sql-codec.ts";

/** How to check a repository. */
export interface CheckOptions {
  /** Read every file and compare its checksum; otherwise only existence and size. */
  readonly checksums?: boolean;
  /** Set right what can be: forget the records of missing files, delete files that nobody claims, finish interrupted deletions. */
  readonly repair?: boolean;
  /** Leave unclaimed files younger than this alone, as their writer may be about to claim them; one hour unless told. */
  readonly graceMs?: number;
  /** Told how many claimed files were looked at, of how many. */
  readonly onProgress?: (checked: number, total: number) => void;
}

/** What a check found. Paths are relative to the repository. */
export interface CheckReport {
  readonly checked: number;
  /** Files that the repository claims and that are not there. */
  readonly missing: readonly { readonly id: string; readonly path: string }[];
  /** Files whose size or checksum is not what was recorded. */
  readonly changed: readonly { readonly id: string; readonly path: string }[];
  /** Files that nobody claims. */
  readonly orphaned: readonly string[];
  /** Half-written files of interrupted writers. */
  readonly halfWritten: readonly string[];
  /** Datasets whose deletion was interrupted. */
  readonly inTrash: number;
  /** Datasets said to be stored without a file record, or with one but not said to be stored. */
  readonly inconsistent: readonly string[];
  /** True when nothing above was found, or all of it was repaired. */
  readonly clean: boolean;
}

async function isSound(
  state: ButlerState,
  record: FileRecord,
  checksums: boolean,
): Promise<"sound" | "missing" | "changed"> {
  const location = locationOf(state.repository.root, record.path);
  const found = await statStored(location);
  if (found === undefined) return "missing";
  const inside = zipMemberOf(record.path);
  if (inside === undefined && record.sizeBytes >= 0 && found.sizeBytes !== record.sizeBytes) return "changed";
  if (inside === undefined && (!checksums || record.checksum === undefined)) return "sound";
  await using local = await (await storeFor(location)).toLocal(location);
  const { path } = local;
  if (inside !== undefined) return isMemberSound(path, inside.member, record, checksums);
  return (await checksumFile(path)).checksum === record.checksum ? "sound" : "changed";
}

async function isMemberSound(
  archive: string,
  member: string,
  record: FileRecord,
  checksums: boolean,
): Promise<"sound" | "missing" | "changed"> {
  let bytes: Buffer;
  try {
    bytes = await readZipMember(archive, member);
  } catch (error) {
    if (isAlmagestError(error, "BUTLER.FILE_MISSING")) return "missing";
    throw error;
  }
  if (record.sizeBytes >= 0 && bytes.length !== record.sizeBytes) return "changed";
  if (!checksums || record.checksum === undefined) return "sound";
  return checksumOf(bytes) === record.checksum ? "sound" : "changed";
}

async function checkRecords(
  state: ButlerState,
  checksums: boolean,
  onProgress: CheckOptions["onProgress"],
): Promise<{ checked: number; missing: FileRecord[]; changed: FileRecord[] }> {
  const { db, fileTable } = state.repository;
  const columns = ["dataset_id", "path", "formatter", "storage_class", "component", "checksum", "file_size"];
  const query = sql`SELECT ${joinSql(columns.map((name) => identifier(name)))} FROM ${identifier(fileTable)}
      WHERE dataset_id NOT IN (SELECT dataset_id FROM dataset_location_trash WHERE datastore_name = ${state.repository.datastoreName})`;
  const [counted] =
    onProgress === undefined ? [] : await db.rows(sql`SELECT COUNT(*) FROM ${identifier(fileTable)}`);
  let checked = 0;
  const missing: FileRecord[] = [];
  const changed: FileRecord[] = [];
  for await (const page of db.stream(query)) {
    for (const record of page.map(toFileRecord)) {
      checked++;
      onProgress?.(checked, Math.max(checked, Number(counted?.[0] ?? 0)));
      const verdict = await isSound(state, record, checksums);
      if (verdict === "missing") missing.push(record);
      if (verdict === "changed") changed.push(record);
    }
  }
  return { checked, missing, changed };
}

interface FoundFile extends StoredFileInfo {
  readonly path: string;
}

/** Files below the root that are not the repository's own, in pages. */
async function* filesBelow(root: string): AsyncGenerator<FoundFile[]> {
  let page: FoundFile[] = [];
  const prefix = isRemoteUri(root) ? `${root.replace(/\/+$/, "")}/` : root;
  for await (const { uri, ...info } of (await storeFor(root)).list(prefix)) {
    const path = isRemoteUri(root) ? decodePath(uri.slice(prefix.length)) : relative(root, toLocalPath(uri));
    if (!path.includes(sep) && (path === "butler.yaml" || /\.sqlite3(-journal|-wal|-shm)?$/.test(path)))
      continue;
    page.push({ path, ...info });
    if (page.length === 500) {
      yield page;
      page = [];
    }
  }
  if (page.length > 0) yield page;
}

async function findUnclaimed(
  state: ButlerState,
  graceMs: number,
): Promise<{ orphaned: string[]; halfWritten: string[] }> {
  const { db, root, fileTable, clock } = state.repository;
  // A datastore may lie within another's folder.
  const nested = state.chain
    .map((link) => `${link.state.repository.root}/`)
    .filter((other) => other.length > root.length + 1 && other.startsWith(`${root}/`));
  const orphaned: string[] = [];
  const halfWritten: string[] = [];
  for await (const page of filesBelow(root)) {
    const rows = await db.rows(
      sql`SELECT path FROM ${identifier(fileTable)} WHERE path IN (${joinSql(page.map(({ path }) => path))})`,
    );
    const claimed = new Set(rows.map(([path]) => path as string));
    for (const { path } of page.filter((each) => each.path.endsWith(".zip"))) {
      const [member] = await db.rows(
        // A server may order texts by rules of a language, so that a range says nothing of how they begin.
        db.dialect === "sqlite"
          ? sql`SELECT 1 FROM ${identifier(fileTable)} WHERE path > ${`${path}#`} AND path < ${`${path}$`} LIMIT 1`
          : sql`SELECT 1 FROM ${identifier(fileTable)} WHERE starts_with(path, ${`${path}#`}) LIMIT 1`,
      );
      if (member !== undefined) claimed.add(path);
    }
    for (const { path, modifiedMs = 0 } of page) {
      if (claimed.has(path) || clock.nowMs() - modifiedMs < graceMs) continue;
      if (nested.some((other) => locationOf(root, path).startsWith(other))) continue;
      if ((await statStored(locationOf(root, path))) === undefined) continue;
      (isTemporaryName(path) ? halfWritten : orphaned).push(path);
    }
  }
  return { orphaned: orphaned.sort(), halfWritten: halfWritten.sort() };
}

async function findInconsistent(state: ButlerState): Promise<string[]> {
  const { db, fileTable, datastoreName } = state.repository;
  const rows = await db.rows(
    sql`SELECT dataset_id FROM dataset_location WHERE datastore_name = ${datastoreName}
        AND dataset_id NOT IN (SELECT dataset_id FROM ${identifier(fileTable)})
        UNION SELECT dataset_id FROM ${identifier(fileTable)} WHERE dataset_id NOT IN
        (SELECT dataset_id FROM dataset_location UNION SELECT dataset_id FROM dataset_location_trash)`,
  );
  return rows.map(([id]) => id as string);
}

async function forgetFiles(state: ButlerState, ids: readonly string[]): Promise<void> {
  const { db, fileTable, datastoreName } = state.repository;
  await db.transaction(async () => {
    for (const piece of chunks(ids.map((id) => encodeUuid(db.dialect, id)))) {
      const list = joinSql(piece);
      await db.run(
        sql`DELETE FROM dataset_location WHERE datastore_name = ${datastoreName} AND dataset_id IN (${list})`,
      );
      await db.run(sql`DELETE FROM ${identifier(fileTable)} WHERE dataset_id IN (${list})`);
    }
  });
}

/** Compares the database with the files of every datastore, and on request sets right what can be. Changed files are only
 * reported. */
export async function checkRepository(state: ButlerState, options: CheckOptions): Promise<CheckReport> {
  const reports: CheckReport[] = [];
  for (const link of state.chain) reports.push(await checkDatastore(state, link.state, options));
  const [first, ...others] = reports;
  if (others.length === 0 && first !== undefined) return first;
  const all = <T>(pick: (report: CheckReport) => readonly T[]): T[] => reports.flatMap(pick);
  return {
    checked: reports.reduce((sum, { checked }) => sum + checked, 0),
    missing: all(({ missing }) => missing),
    changed: all(({ changed }) => changed),
    orphaned: all(({ orphaned }) => orphaned),
    halfWritten: all(({ halfWritten }) => halfWritten),
    inTrash: reports.reduce((sum, { inTrash }) => sum + inTrash, 0),
    inconsistent: [...new Set(all(({ inconsistent }) => inconsistent))],
    clean: reports.every(({ clean }) => clean),
  };
}

async function checkDatastore(
  whole: ButlerState,
  state: ButlerState,
  options: CheckOptions,
): Promise<CheckReport> {
  const { repair = false, graceMs = 3_600_000 } = options;
  const { db, datastoreName, root } = state.repository;
  const { checked, missing, changed } = await checkRecords(
    state,
    options.checksums ?? false,
    options.onProgress,
  );
  const { orphaned, halfWritten } = await findUnclaimed(state, graceMs);
  const inconsistent = await findInconsistent(state);
  const [trash] = await db.rows(
    sql`SELECT count(*) FROM dataset_location_trash WHERE datastore_name = ${datastoreName}`,
  );
  const inTrash = Number(trash![0]);
  if (repair) {
    await forgetFiles(state, [...missing.map((record) => record.id), ...inconsistent]);
    for (const path of orphaned) await removeUnclaimed(state.repository, path);
    for (const path of halfWritten) await removeStored(locationOf(root, path));
    await emptyTrash(state);
  }
  const found = missing.length + orphaned.length + halfWritten.length + inconsistent.length + inTrash;
  // Paths of other datastores than the first are told whole.
  const tell = (path: string): string => (root === whole.repository.root ? path : locationOf(root, path));
  const plain = ({ id, path }: FileRecord): { id: string; path: string } => ({ id, path: tell(path) });
  return {
    checked,
    missing: missing.map(plain),
    changed: changed.map(plain),
    orphaned: orphaned.map(tell),
    halfWritten: halfWritten.map(tell),
    inTrash,
    inconsistent,
    clean: changed.length === 0 && (repair || found === 0),
  };
}
