import { AlmagestError } from "@almagest/base";
import { runQuantumBacked } from "@almagest/pipeline";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { collectList } from "../../cli/parse-options.ts";
import { RUNTIME_URL } from "../../runtime.ts";
import { addExecutionOptions, type ExecutionOptions, executeShown } from "./execution-options.ts";

interface Options extends ExecutionOptions {
  readonly qgraphNodeId: string[];
}

/** `almagest pipetask run-qbb`: runs a stored graph on a repository's files without its database. */
export function addRunQbb(parent: Command, context: CommandContext): void {
  const command = parent
    .command("run-qbb")
    .description(
      "Run a stored quantum graph on a repository's files without its database (quantum-backed Butler). Quanta that are done are skipped; register the outputs afterwards with `butler transfer-from-graph`.",
    )
    .argument("<repo>", "root of the repository, whose butler.yaml names files")
    .argument("<qgraph>", "quantum graph file (.qg) that tells where its inputs are")
    .option("--qgraph-node-id <ids>", "only these quanta", collectList, [])
    .addHelpText("after", "\nExample: almagest pipetask run-qbb repo step1.qg --qgraph-node-id 0192…,0193…");
  addExecutionOptions(command).action(async (location: string, path: string, options: Options) => {
    const quanta = options.qgraphNodeId.length > 0 ? { quantumIds: options.qgraphNodeId } : {};
    await executeShown(context, options, (how) => runQuantumBacked({ ...how, location, path, ...quanta }));
  });
}

/** `almagest pipetask pre-exec-init-qbb`: makes what a graph's run needs once. */
export function addPreExecInitQbb(parent: Command, context: CommandContext): void {
  parent
    .command("pre-exec-init-qbb")
    .description(
      "Write the configurations, versions and init outputs of a stored quantum graph without the repository's database. `run-qbb` writes those that are absent.",
    )
    .argument("<repo>", "root of the repository")
    .argument("<qgraph>", "quantum graph file (.qg)")
    .action(async (location: string, path: string) => {
      const summary = await runQuantumBacked({
        location,
        path,
        runtimeModule: RUNTIME_URL,
        workers: 0,
        initOnly: true,
      });
      if (summary.status === "empty") throw new AlmagestError("ALMAGEST.USAGE", `${path} holds no quanta.`);
      context.terminal.out.write(`The run '${summary.outputRun}' is ready.\n`);
    });
}
