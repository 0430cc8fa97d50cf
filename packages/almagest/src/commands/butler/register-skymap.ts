import { readFile } from "node:fs/promises";
import type { SkyMapConfig } from "@almagest/sphere";
import type { Command } from "commander";
import { parse } from "yaml";
import type { CommandContext } from "../../cli/command-context.ts";
import { openRepository } from "../../open-repository.ts";
import { registerSkyMap } from "../../survey/register-sky-map.ts";

/** `almagest butler register-skymap`: adds a sky map with its tracts and patches. */
export function addRegisterSkymap(parent: Command, context: CommandContext): void {
  parent
    .command("register-skymap")
    .description("Add a sky map with its tracts and patches. Again is fine.")
    .argument("<repo>", "root of the repository")
    .requiredOption("-C, --config-file <yaml>", "the sky map: its kind, name and what its kind needs")
    .addHelpText(
      "after",
      "\nA file, for example:\n  { kind: rings, name: sky, numRings: 120, pixelScaleArcsec: 0.2, tractOverlapDeg: 0.0167,\n    patches: { kind: legacy, innerWidth: 4000, innerHeight: 4000, border: 100 } }",
    )
    .action(async (repo: string, options: { readonly configFile: string }) => {
      const config = parse(await readFile(options.configFile, "utf8")) as SkyMapConfig;
      await using butler = await openRepository(repo, { writeable: true });
      const skyMap = await registerSkyMap(butler, config);
      context.terminal.err.write(`Registered the sky map ${skyMap.name} with ${skyMap.tractCount} tracts.\n`);
    });
}
