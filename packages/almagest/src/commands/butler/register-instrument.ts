import { AlmagestError } from "@almagest/base";
import { INSTRUMENTS, type InstrumentKind, readFileHeaders } from "@almagest/instruments";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { collectList } from "../../cli/parse-options.ts";
import { openRepository } from "../../open-repository.ts";
import { registerInstrument } from "../../survey/ingest-raws.ts";

function findKind(name: string): InstrumentKind {
  const found = [...INSTRUMENTS.values()].find((kind) => kind.name === name || kind.pythonClass === name);
  if (found !== undefined) return found;
  const known = [...INSTRUMENTS.values()].map((kind) => `${kind.name} (${kind.pythonClass})`).join(", ");
  throw new AlmagestError("ALMAGEST.USAGE", `There is no instrument '${name}'; known are ${known}.`);
}

/** `almagest butler register-instrument`: adds an instrument with its camera. */
export function addRegisterInstrument(parent: Command, context: CommandContext): void {
  parent
    .command("register-instrument")
    .description("Add an instrument with its detectors, filters and camera. Again is fine.")
    .argument("<repo>", "root of the repository")
    .argument("<instrument...>", "names, or Python class names")
    .option(
      "--headers <files>",
      "raw files whose headers tell the camera, for instruments that need them",
      collectList,
    )
    .action(async (repo: string, names: string[], options: { readonly headers?: string[] }) => {
      await using butler = await openRepository(repo, { writeable: true });
      for (const name of names) {
        const kind = findKind(name);
        const files = await Promise.all((options.headers ?? []).map(readFileHeaders));
        await registerInstrument(butler, kind.create(files));
        context.terminal.err.write(`Registered ${kind.name}.\n`);
      }
    });
}
