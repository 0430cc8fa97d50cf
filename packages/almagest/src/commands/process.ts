import { availableParallelism } from "node:os";
import type { Command } from "commander";
import type { CommandContext } from "../cli/command-context.ts";
import { parseWhole } from "../cli/parse-options.ts";
import { toJsonText } from "../cli/print-rows.ts";
import type { Terminal } from "../cli/terminal.ts";
import { type Row, renderTextTable } from "../cli/text-table.ts";
import type { FileOutcome, ProcessOutcome } from "../process/process-outcome.ts";
import { runProcess } from "../process/run-process.ts";

interface Options {
  readonly output: string;
  readonly reference?: readonly string[];
  readonly where?: string;
  readonly jobs: number;
  readonly json?: boolean;
}

const shorten = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`;

function fileRow(row: FileOutcome): Row {
  return {
    file: shorten(row.file.split("/").at(-1)!, 36),
    kind: row.kind,
    filter: shorten(row.filter ?? "", 8),
    outcome: row.outcome,
    sources: row.sources,
    "FWHM px": row.fwhmPixels,
    positions: row.positions ?? "",
    "flux scale": row.scale ?? "",
  };
}

function print(terminal: Terminal, outcome: ProcessOutcome): void {
  const { out } = terminal;
  const listed = outcome.files.filter((row) => row.outcome !== "companion");
  out.write(`\n${renderTextTable(listed.map(fileRow))}\n`);
  if (outcome.comparisons.length > 0) out.write(`\n${renderTextTable(outcome.comparisons)}\n`);
  if (outcome.notes.length > 0)
    out.write(`\nNotes:\n${outcome.notes.map((note) => `  - ${note}\n`).join("")}`);
  out.write(
    `\n${outcome.objects} objects in ${outcome.catalogue} (and .csv), ${outcome.images.length} images in ${outcome.output}/images.\n` +
      `Open ${outcome.report} in a browser. Ask the repository: almagest butler query-datasets ${outcome.repository} '*'\n`,
  );
}

/** `almagest process`: any telescope's frames to calibrated images, stacks and a catalogue. */
export function addProcess(program: Command, context: CommandContext): void {
  program
    .command("process")
    .description(
      "Take any telescope's FITS frames to calibrated images, stacks, a catalogue and a report page. Raw frames come with " +
        "their bias, dark and flat frames; images that are reduced already are taken as they are.",
    )
    .argument("<files...>", "FITS frames (.fits, .fits.gz, .fz), or folders of them")
    .requiredOption("--output <folder>", "where to put images, catalogue, report and repository")
    .option(
      "--reference <files...>",
      "catalogue of reference stars for positions and magnitudes: Parquet, CSV or FITS table",
    )
    .option("--where <expression>", "only frames for which this holds, such as \"band = 'r'\"")
    .option("-j, --jobs <n>", "worker threads", parseWhole, availableParallelism())
    .option("--json", "print the outcome as JSON")
    .addHelpText(
      "after",
      `
What each file is, its header tells; what it does not tell is said in the notes, never guessed in silence.
Run it again, also with more files: only what is missing is done.

Examples:
  almagest process night/ --output out
  almagest process field/*.fits.gz --reference stars.fits --output out`,
    )
    .action(async (files: string[], options: Options) => {
      const { terminal } = context;
      const outcome = await runProcess(terminal, {
        files,
        output: options.output,
        reference: options.reference ?? [],
        ...(options.where === undefined ? {} : { where: options.where }),
        workers: options.jobs,
      });
      if (options.json) terminal.out.write(`${toJsonText(outcome)}\n`);
      else print(terminal, outcome);
    });
}
