import { AlmagestError } from "@almagest/base";
import type { Command } from "commander";
import type { CommandContext } from "../../cli/command-context.ts";
import { printRows, toJsonText } from "../../cli/print-rows.ts";
import { addServerOptions, connect, type ServerOptions } from "./connect.ts";

/** `US=35` as an entry. Throws `ALMAGEST.USAGE`. */
function readShare(text: string): [string, number] {
  const [, facility, share] = /^([^=]+)=(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (facility === undefined || share === undefined) {
    throw new AlmagestError("ALMAGEST.USAGE", `'${text}' is no share; write US=35.`, {
      fields: { share: text },
    });
  }
  return [facility, Number(share)];
}

/** `almagest workload shares`: shows or sets what each facility ought to do of the whole. */
export function addShares(parent: Command, context: CommandContext): void {
  const command = parent
    .command("shares")
    .description(
      "What each facility ought to do of the whole, and what it did; with FACILITY=SHARE, set all of them.",
    )
    .argument("[shares...]", "such as US=35 FR=40 UK=25; a facility that is not named loses its share");
  addServerOptions(command).action(async (words: string[], options: ServerOptions) => {
    const targets = Object.fromEntries(words.map(readShare));
    const client = connect(options);
    const shares = words.length === 0 ? await client.shares() : await client.setShares(targets);
    const { terminal } = context;
    if (options.json) return void terminal.out.write(`${toJsonText(shares)}\n`);
    const whole = shares.reduce((sum, { target }) => sum + target, 0);
    const charged = shares.reduce((sum, { chargedCoreSec }) => sum + chargedCoreSec, 0);
    const percent = (part: number, all: number): string =>
      all > 0 ? `${((100 * part) / all).toFixed(1)} %` : "";
    const rows = shares.map(({ name: facility, target, chargedCoreSec }) => ({
      facility,
      share: percent(target, whole),
      done: percent(chargedCoreSec, charged),
      "core hours": (chargedCoreSec / 3600).toFixed(2),
    }));
    printRows(terminal, rows, {}, "No shares are set: any facility takes what it can.");
  });
}
