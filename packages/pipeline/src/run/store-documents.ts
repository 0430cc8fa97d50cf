import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, posix } from "node:path";
import type { LocatedDataset, OutputRecord } from "@almagest/butler";
import { resolveWithin } from "@almagest/resources";
import { zipInMemory } from "../qg/stored-zip.ts";
import { nextMark, processMark } from "./process-mark.ts";
import { archiveFolder } from "./run-presence.ts";

/** Metadata or log of a finished quantum, not yet stored. */
export interface NewDocument {
  readonly located: LocatedDataset;
  readonly text: string;
  readonly checksum?: string;
}

/** From so many on, documents that finished together go into one archive; fewer are easier to read as files. */
const PACKED_FROM = 64;
/** Archives stay well below what needs 64-bit fields. */
const LARGEST_ARCHIVE = 1 << 26;

/**
 * Stores documents under their planned paths, or in archives of their run where there are many: one new file for hundreds
 * of quanta, whose members the Butler (the original's too) finds by `archive.zip#zip-path=member`. Nothing is forced to
 * disk yet. Gives the records to register. In a run that is `continued`, a document that goes into an archive may stand
 * alone at its planned path, unregistered, from a process that was killed: that file is deleted.
 */
export function storeDocuments(
  root: string,
  documents: readonly NewDocument[],
  continued = false,
): OutputRecord[] {
  if (documents.length < PACKED_FROM) return storeAlone(root, documents);
  if (continued)
    for (const { located } of documents) rmSync(resolveWithin(root, located.path), { force: true });
  return [...groupForArchives(documents)].flatMap((group) => storeTogether(root, group));
}

function* groupForArchives(documents: readonly NewDocument[]): Generator<NewDocument[]> {
  for (const ofRun of Map.groupBy(documents, ({ located }) => located.ref.run).values()) {
    let group: NewDocument[] = [];
    let size = 0;
    for (const document of ofRun) {
      group.push(document);
      size += document.text.length;
      if (size < LARGEST_ARCHIVE) continue;
      yield group;
      group = [];
      size = 0;
    }
    if (group.length > 0) yield group;
  }
}

/** Stores each document as a file under its planned path, not yet forced to disk. Gives the records to register. */
export function storeAlone(root: string, documents: readonly NewDocument[]): OutputRecord[] {
  return documents.map(({ located, text, checksum }) => {
    const bytes = Buffer.from(text, "utf8");
    writeWhole(root, located.path, bytes);
    return { ...located, sizeBytes: bytes.length, ...(checksum === undefined ? {} : { checksum }) };
  });
}

function storeTogether(root: string, group: readonly NewDocument[]): OutputRecord[] {
  const { run, id } = group[0]!.located.ref;
  const archive = `${archiveFolder(run)}/${id}.${processMark()}.zip`;
  const members = group.map(({ located, text }) => ({
    name: `${located.ref.id}${posix.extname(located.path)}`,
    bytes: Buffer.from(text, "utf8"),
  }));
  writeWhole(root, archive, zipInMemory(members));
  return group.map(({ located, checksum }, i) => ({
    ...located,
    path: `${archive}#zip-path=${members[i]!.name}`,
    sizeBytes: members[i]!.bytes.length,
    ...(checksum === undefined ? {} : { checksum }),
  }));
}

/** Writes a small file whole or not at all; calls that wait are several times faster here than asynchronous ones. */
function writeWhole(root: string, path: string, bytes: Uint8Array): void {
  const target = resolveWithin(root, path);
  const temporary = join(dirname(target), `.${basename(target).slice(0, 180)}.${nextMark()}.part`);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(temporary, bytes);
  renameSync(temporary, target);
}
