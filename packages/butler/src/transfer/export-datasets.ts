import { link, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isAbsoluteUri, resolveWithin, writeDurably } from "@almagest/resources";
import { queryAssociations } from "../datasets/query-associations.ts";
import { findStored } from "../datastore/datastore-chain.ts";
import type { FileRecord } from "../datastore/file-records.ts";
import { downloadStored, localPathOf, locationOf } from "../datastore/stored-file.ts";
import { archiveOf, readZipMember, zipMemberOf } from "../datastore/zip-member.ts";
import type { ButlerState } from "../direct/butler-state.ts";
import type { DatasetRef } from "../types.ts";
import { collectRecords } from "./collect-records.ts";
import { yamlRecord, yamlText, yamlTimespan } from "./export-text.ts";

/** What to export besides the datasets. */
export interface ExportOptions {
  /** Collections to export with their memberships of these datasets; the datasets' runs always are. */
  readonly collections?: string | readonly string[];
  /** How files are brought into the folder; without it they stay and the export names them where they are. */
  readonly mode?: "copy" | "hardlink";
}

async function exportCollections(state: ButlerState, names: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  const rows = await state.collections.resolve(names, { keepChains: true });
  for (const row of rows.sort((a, b) => Number(a.kind === "CHAINED") - Number(b.kind === "CHAINED"))) {
    lines.push("- type: collection", `  collection_type: ${row.kind}`, `  name: ${yamlText(row.name)}`);
    if (row.doc !== "") lines.push(`  doc: ${yamlText(row.doc)}`);
    if (row.kind === "RUN") lines.push("  host: null", "  timespan_begin: null", "  timespan_end: null");
    if (row.kind === "CHAINED") {
      const children = (await state.collections.children(row)).map((child) => yamlText(child.name));
      lines.push(`  children: [${children.join(", ")}]`);
    }
  }
  return lines;
}

async function exportDatasets(
  state: ButlerState,
  refs: readonly DatasetRef[],
  files: ReadonlyMap<string, readonly FileRecord[]>,
  keepPaths: boolean,
): Promise<string[]> {
  const lines: string[] = [];
  for (const [name, members] of Map.groupBy(refs, (ref) => ref.datasetType.name)) {
    const { type } = await state.types.get(name);
    lines.push(
      "- type: dataset_type",
      `  name: ${name}`,
      `  dimensions: [${type.dimensions.join(", ")}]`,
      `  storage_class: ${type.storageClass}`,
      `  is_calibration: ${type.isCalibration}`,
    );
    for (const [run, ofRun] of Map.groupBy(members, (ref) => ref.run)) {
      lines.push("- type: dataset", `  dataset_type: ${name}`, `  run: ${yamlText(run)}`, "  records:");
      for (const ref of ofRun) {
        const dataId = Object.entries(ref.dataId)
          .map(([key, value]) => `${key}: ${typeof value === "string" ? yamlText(value) : value}`)
          .join(", ");
        lines.push(`  - dataset_id: [!uuid '${ref.id}']`, `    data_id: [{${dataId}}]`);
        const file = files.get(ref.id)?.find((record) => record.component === undefined);
        if (file === undefined) continue;
        const path = keepPaths ? exportedPath(file.path) : namedPath(state.repository.root, file.path);
        lines.push(`    path: ${yamlText(path)}`, `    formatter: ${file.formatter}`);
      }
    }
  }
  return lines;
}

async function exportAssociations(
  state: ButlerState,
  refs: readonly DatasetRef[],
  names: readonly string[],
): Promise<string[]> {
  const ids = new Set(refs.map((ref) => ref.id));
  const types = new Set(refs.map((ref) => ref.datasetType.name));
  const lines: string[] = [];
  const rows = names.length === 0 ? [] : await state.collections.resolve(names, { keepChains: true });
  for (const row of rows.filter(({ kind }) => kind === "TAGGED" || kind === "CALIBRATION")) {
    const ranges = new Map<string, string[]>();
    for (const name of types) {
      for (const { ref, timespan } of await queryAssociations(state, name, row.name)) {
        if (!ids.has(ref.id)) continue;
        const key = timespan === undefined ? "" : yamlTimespan(timespan, "      ");
        ranges.set(key, [...(ranges.get(key) ?? []), `!uuid '${ref.id}'`]);
      }
    }
    if (ranges.size === 0) continue;
    lines.push(
      "- type: associations",
      `  collection: ${yamlText(row.name)}`,
      `  collection_type: ${row.kind}`,
    );
    if (row.kind === "CALIBRATION") lines.push("  validity_ranges:");
    for (const [timespan, list] of ranges) {
      if (timespan === "") lines.push(`  dataset_ids: [${list.join(", ")}]`);
      else lines.push(`  - timespan: ${timespan}`, `    dataset_ids: [${list.join(", ")}]`);
    }
  }
  return lines;
}

/** Writes `export.yaml`, and the files if asked, into a folder: what the original's import and ours read. */
export async function exportTo(
  state: ButlerState,
  folder: string,
  refs: readonly DatasetRef[],
  options: ExportOptions,
): Promise<void> {
  const { repository } = state;
  const { universe } = repository;
  const records = await collectRecords(state, refs);
  const files = await findStored(
    state,
    refs.map((ref) => ref.id),
  );
  if (options.mode !== undefined) {
    for (const { path } of [...files.values()].flat()) {
      if (isAbsoluteUri(path)) continue;
      const target = resolveWithin(folder, exportedPath(path));
      await mkdir(dirname(target), { recursive: true });
      const inside = zipMemberOf(path);
      if (inside !== undefined) {
        await writeFile(target, await readZipMember(localPathOf(repository.root, path), inside.member));
        continue;
      }
      if (options.mode === "copy") await downloadStored(locationOf(repository.root, path), target);
      else await link(localPathOf(repository.root, path), target);
    }
  }
  const names = [...new Set([...refs.map((ref) => ref.run), ...[options.collections ?? []].flat()])];
  const lines = [
    "description: Butler Data Repository Export",
    "version: 1.0.2",
    `universe_version: ${universe.version}`,
    `universe_namespace: ${universe.namespace}`,
    "data:",
    ...[...universe.elements.values()].flatMap((element) => {
      const rows = records.get(element.name);
      if (rows === undefined) return [];
      return [
        "- type: dimension",
        `  element: ${element.name}`,
        "  records:",
        ...rows.map((record) => yamlRecord(element, record)),
      ];
    }),
    ...(await exportCollections(state, names)),
    ...(await exportDatasets(state, refs, files, options.mode !== undefined)),
    ...(await exportAssociations(state, refs, names)),
  ];
  const write = (path: string): Promise<void> => writeFile(path, `${lines.join("\n")}\n`);
  await writeDurably(join(folder, "export.yaml"), write, { overwrite: true });
}

/** Where an exported file lies: members of archives are taken out into files of their own. */
function exportedPath(path: string): string {
  const inside = zipMemberOf(path);
  return inside === undefined ? path : `${inside.archive.slice(0, -".zip".length)}/${inside.member}`;
}

/** A file where it is, with the member that is meant. */
function namedPath(root: string, path: string): string {
  return locationOf(root, path) + path.slice(archiveOf(path).length);
}
