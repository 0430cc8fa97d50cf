import { openGraphFile, transferFromGraph, writeProvenanceFile } from "@almagest/pipeline";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { toJsonText } from "../../cli/print-rows.ts";
import { startStage } from "../../cli/progress.ts";
import { openCatalogue } from "../../open-catalogue.ts";

interface Options {
  readonly output?: string;
  readonly registerDatasetTypes: boolean;
  readonly updateOutputChain: boolean;
  readonly json?: boolean;
}

/** `almagest butler aggregate-graph`: registers what a graph's quanta wrote, and writes down what became of each. */
export function addAggregateGraph(parent: Command, context: CommandContext): void {
  parent
    .command("aggregate-graph")
    .description(
      "Register the outputs of a quantum graph that ran without the repository's database, and write a provenance graph: attempts, caveats, logs and metadata of every quantum. Again is fine.",
    )
    .argument("<graph>", "predicted quantum graph (.qg)")
    .argument("<repo>", "root of the repository")
    .option("-o, --output <file>", "provenance graph to be written (.qg)")
    .option("--no-register-dataset-types", "refuse dataset types that the repository lacks")
    .option("--no-update-output-chain", "leave the graph's output chain as it is")
    .option("--json", "print counts as JSON")
    .addHelpText("after", "\nExample: almagest butler aggregate-graph step1.qg repo -o step1-provenance.qg")
    .action(async (path: string, location: string, options: Options) => {
      await using file = await openGraphFile(path);
      const { formatters } = await import("../../runtime.ts");
      await using butler = await openCatalogue(location, { writeable: true, formatters });
      const { terminal } = context;
      const transfer = startStage(terminal, "register outputs");
      const brought = await transferFromGraph(file, {
        butler,
        location,
        formatters,
        registerTypes: options.registerDatasetTypes,
        records: false,
        updateChain: options.updateOutputChain,
        onProgress: (done, total) => transfer.update(Math.min(done, total), total),
      });
      transfer.end();
      const counts = { datasets: brought.length };
      if (options.output === undefined) {
        terminal.out.write(
          options.json ? `${toJsonText(counts)}\n` : `Datasets registered: ${brought.length}\n`,
        );
        return;
      }
      const stage = startStage(terminal, "write provenance");
      const written = await writeProvenanceFile(file, {
        source: butler,
        path: options.output,
        onProgress: (done, total) => stage.update(done, total),
      });
      stage.end();
      const text = `Datasets registered: ${brought.length}. Quanta: ${written.succeeded} succeeded, ${written.failed} failed, ${written.blocked} blocked, ${written.unknown} unknown.\n`;
      terminal.out.write(options.json ? `${toJsonText({ ...counts, ...written })}\n` : text);
    });
}
