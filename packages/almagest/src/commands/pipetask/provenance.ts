import { type Provenance, type TracedDataset, traceProvenance } from "@almagest/pipeline";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { toJsonText } from "../../cli/print-rows.ts";
import { type Row, renderTextTable } from "../../cli/text-table.ts";
import { openRepository } from "../../open-repository.ts";

interface Options {
  readonly forward?: boolean;
  readonly json?: boolean;
}

/** `almagest pipetask provenance`, and the same as `almagest butler provenance`: what a dataset was made of, or what became of it. */
export function addProvenance(parent: Command, context: CommandContext): void {
  parent
    .command("provenance")
    .description("Follow a dataset back to the raws, calibrations and software it was made of, or forward.")
    .argument("<repo>", "root of the repository")
    .argument("<dataset-id>", "UUID, as butler query-datasets prints it")
    .option("--forward", "follow it to everything that it influenced")
    .option("--json", "print every dataset and quantum as JSON")
    .action(async (repo: string, id: string, options: Options) => {
      await using butler = await openRepository(repo);
      const provenance = await traceProvenance(butler, id, options.forward ? "forward" : "back");
      if (options.json) context.terminal.out.write(`${toJsonText(provenance)}\n`);
      else show(context, provenance);
    });
}

const wordsOf = ({ datasetType, dataId, run }: TracedDataset): string => {
  const words = Object.entries(dataId).map(([name, value]) => `${name}=${value}`);
  return `${datasetType} (${words.join(", ")}) in ${run}`;
};

function show({ terminal }: CommandContext, provenance: Provenance): void {
  const { start, direction, quanta, ends, configs, packages } = provenance;
  terminal.out.write(`${wordsOf(start)}\n`);
  if (quanta.length === 0) {
    terminal.out.write(
      direction === "back" ? "No quantum made it: it was put or ingested.\n" : "Nothing has read it.\n",
    );
    return;
  }
  terminal.out.write(`\n${direction === "back" ? "made by" : "read by"}\n`);
  const tasks = countBy(quanta, ({ label, run }) => `${label}\u0001${run}`);
  const steps = [...tasks].map(([key, { first, count }]) => {
    const [task, run] = key.split("\u0001");
    return { step: first.distance, task, quanta: count, run, began: first.startUtc };
  });
  terminal.out.write(`${renderTextTable(steps as Row[])}\n`);
  terminal.out.write(`\n${direction === "back" ? "from" : "ending in"}\n`);
  const leaves = [...countBy(ends, ({ datasetType, run }) => `${datasetType}\u0001${run}`)].map(
    ([key, { count, first }]) => {
      const [type, run] = key.split("\u0001");
      return { "dataset type": type, datasets: count, run, "such as": first.id };
    },
  );
  terminal.out.write(`${renderTextTable(leaves)}\n`);
  terminal.out.write("\nconfigured by\n");
  const rows = configs.map(({ label, run, id }) => ({ task: label, run, "dataset id": id }));
  terminal.out.write(`${renderTextTable(rows)}\n`);
  for (const [run, versions] of Object.entries(packages)) {
    const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
    terminal.out.write(`\n${run}: ${list.join(", ")}\n`);
  }
}

function countBy<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
): Map<string, { first: T; count: number }> {
  const counts = new Map<string, { first: T; count: number }>();
  for (const item of items) {
    const before = counts.get(keyOf(item));
    counts.set(keyOf(item), { first: before?.first ?? item, count: (before?.count ?? 0) + 1 });
  }
  return counts;
}
