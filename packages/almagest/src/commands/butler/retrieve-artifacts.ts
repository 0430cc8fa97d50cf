import { copyFile, link, mkdir, mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { AlmagestError } from "@almagest/base";
import { type OutputRecord, readZipMember, retrieveZip, zipMemberOf } from "@almagest/butler";
import { checksumFile, isAbsoluteUri, resolveWithin, toFileUri, toLocalPath } from "@almagest/resources";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { collectList } from "../../cli/parse-options.ts";
import { type RowOptions, toJsonText } from "../../cli/print-rows.ts";
import { startStage } from "../../cli/progress.ts";
import { openCatalogue } from "../../open-catalogue.ts";
import { addSelectionOptions, type SelectionOptions, selectDatasets } from "./dataset-selection.ts";
import { type TransferMode, transferOption } from "./transfer-option.ts";

interface Options extends RowOptions, SelectionOptions {
  readonly datasetType?: string[];
  readonly transfer: TransferMode;
  readonly preservePath: boolean;
  readonly clobber?: boolean;
  readonly verbose?: boolean;
  readonly zip?: boolean;
}

async function bring(source: string, target: string, mode: TransferMode, clobber: boolean): Promise<void> {
  const inside = zipMemberOf(source);
  if (inside !== undefined) {
    const folder = await mkdtemp(join(tmpdir(), "almagest-member-"));
    try {
      const path = join(folder, basename(target));
      await writeFile(path, await readZipMember(inside.archive, inside.member));
      return await bring(path, target, "copy", clobber);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  if ((await stat(target).catch(() => undefined)) !== undefined) {
    if (!clobber && (await checksumFile(target)).checksum === (await checksumFile(source)).checksum) return;
    if (!clobber) {
      throw new AlmagestError(
        "ALMAGEST.FILE_EXISTS",
        `${target} exists already with other contents; --clobber replaces it.`,
        { fields: { path: target } },
      );
    }
    await rm(target);
  }
  await mkdir(dirname(target), { recursive: true });
  if (mode === "symlink" || mode === "relsymlink") await symlink(resolve(source), target);
  else if (mode === "link" || mode === "hardlink") await link(source, target);
  else await copyFile(source, target);
}

/** Where a file goes below the destination. */
function targetOf(file: OutputRecord, destination: string, preservePath: boolean): string {
  const inside = zipMemberOf(file.path);
  const path = inside ? `${inside.archive.replace(/\.zip$/, "")}/${inside.member}` : file.path;
  if (!preservePath || isAbsoluteUri(path)) return join(destination, basename(path));
  return resolveWithin(destination, path);
}

/** `almagest butler retrieve-artifacts`: copies the files of datasets out of a repository. */
export function addRetrieveArtifacts(parent: Command, context: CommandContext): void {
  const command = parent
    .command("retrieve-artifacts")
    .description("Copy the files of datasets to a folder.")
    .argument("<repo>", "root of the repository")
    .argument("<destination>", "folder to copy to (made if absent)")
    .option("-d, --dataset-type <types>", "dataset types or globs; all unless given", collectList);
  addSelectionOptions(command)
    .addOption(transferOption("how files go out; auto is copy"))
    .option("-v, --verbose", "list the files")
    .option("--no-preserve-path", "put all files flat in the folder")
    .option("--clobber", "replace files that exist")
    .option("--no-clobber", "refuse to (the default)")
    .option("--zip", "put all files into one archive in the folder, which ingest-zip takes")
    .option("--no-zip", "do not (the default)")
    .option("--json", "print one JSON array of {id, type, path}")
    .action(async (repo: string, destination: string, options: Options) => {
      if (options.transfer === "move" || options.transfer === "direct") {
        throw new AlmagestError(
          "ALMAGEST.USAGE",
          `--transfer ${options.transfer} does not go with retrieve-artifacts.`,
        );
      }
      await using butler = await openCatalogue(repo);
      const { terminal } = context;
      const selected = await selectDatasets(butler, options.datasetType ?? ["*"], options, terminal);
      const refs = selected.flatMap((item) => item.refs);
      if (options.zip && refs.length > 0) {
        const path = await retrieveZip(butler, refs, destination, { overwrite: options.clobber ?? false });
        if (options.json) terminal.out.write(`${toJsonText([{ path }])}\n`);
        else terminal.out.write(`Zip file written to ${toFileUri(resolve(path))}\n`);
        return;
      }
      const files = (await butler.storedFiles(refs)).flat();
      const stage = startStage(terminal, "copy files");
      const rows = [];
      for (const file of files) {
        const source = isAbsoluteUri(file.path)
          ? toLocalPath(file.path)
          : resolveWithin(butler.root, file.path);
        const path = targetOf(file, destination, options.preservePath);
        await bring(source, path, options.transfer, options.clobber ?? false);
        rows.push({ id: file.ref.id, type: file.ref.datasetType.name, path });
        stage.update(rows.length, files.length, path);
      }
      stage.end(`${rows.length} files`);
      if (options.json) {
        terminal.out.write(`${toJsonText(rows)}\n`);
        return;
      }
      if (rows.length === 0) {
        terminal.out.write("No datasets matched query.\n");
        return;
      }
      if (options.verbose) {
        terminal.out.write(`Transferred the following to ${destination}:\n`);
        for (const { path } of rows) terminal.out.write(`${toFileUri(resolve(path))}\n`);
        terminal.out.write("\n");
      }
      terminal.out.write(`Number of artifacts retrieved into destination ${destination}: ${rows.length}\n`);
    });
}
