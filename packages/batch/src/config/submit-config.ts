import { userInfo } from "node:os";
import { AlmagestError, type Clock, systemClock } from "@almagest/base";
import { type BpsConfig, createBpsConfig } from "./bps-config.ts";
import { type ConfigTree, mergeTrees } from "./config-tree.ts";
import { BPS_DEFAULTS } from "./defaults.ts";
import { loadSubmitFile } from "./load-submit-file.ts";

/** A submit file ready to use: defaults below, the file over them, the command line on top. Throws `BATCH.YAML_INVALID`,
 * and `BATCH.CONFIG_INVALID` when a needed key is missing. */
export function openSubmitFile(
  path: string,
  commandLine: ConfigTree = {},
  options: {
    readonly environment?: Readonly<Record<string, string | undefined>>;
    readonly clock?: Clock;
  } = {},
): BpsConfig {
  const environment: Record<string, string | undefined> = { ...(options.environment ?? process.env) };
  environment.PWD ??= process.cwd();
  const timestamp = new Date((options.clock ?? systemClock).nowMs()).toISOString().replace(/[-:]|\.\d+/g, "");
  let tree = mergeTrees(BPS_DEFAULTS, loadSubmitFile(path, environment));
  tree = mergeTrees(tree, { bps_cmdline: commandLine, bps_defined: { timestamp } });
  const config = createBpsConfig(tree, environment);
  if (config.search("operator") !== undefined) return withNames(config, path);
  return withNames(config.with({ bps_defined: { operator: userInfo().username } }), path);
}

function withNames(config: BpsConfig, path: string): BpsConfig {
  for (const keys of [["butlerConfig"], ["pipelineYaml", "qgraphFile"]]) {
    if (keys.every((key) => config.text(key) === "")) {
      const message = `${path} gives no '${keys.join("' or '")}'; it is needed at the root or under payload.`;
      throw new AlmagestError("BATCH.CONFIG_INVALID", message, { fields: { keys } });
    }
  }
  const name = config.text("outputRun").replaceAll("/", "_");
  const submitPath = config.text("submitPath");
  return config.with({ bps_defined: { uniqProcName: name, submitPath } });
}
