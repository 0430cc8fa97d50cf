import { readFileSync } from "node:fs";
import { AlmagestError } from "@almagest/base";
import type { Command } from "commander";
import { parse } from "yaml";

/** Sets options of a command from a YAML file `{command: {option: value}}`, except those given on the command line.
 * Throws `ALMAGEST.USAGE`. */
export function applyPresets(command: Command, path: string): void {
  let document: unknown;
  try {
    document = parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new AlmagestError(
      "ALMAGEST.USAGE",
      `Cannot read options from ${path}: ${(cause as Error).message}`,
      {
        cause,
        fields: { path },
      },
    );
  }
  const section = (document as Record<string, unknown> | null)?.[command.name()];
  if (typeof section !== "object" || section === null) return;
  for (const [key, value] of Object.entries(section)) {
    const option = command.options.find(
      ({ long, short, negate }) =>
        !negate && (long === `--${key.replaceAll("_", "-")}` || short === `-${key}`),
    );
    if (option === undefined) {
      throw new AlmagestError("ALMAGEST.USAGE", `${path}: '${command.name()}' has no option '${key}'.`, {
        fields: { path, option: key },
      });
    }
    const name = option.attributeName();
    if (command.getOptionValueSource(name) === "cli") continue;
    const text = Array.isArray(value) ? value.join(",") : value;
    const parsed =
      option.parseArg !== undefined && typeof text !== "boolean"
        ? option.parseArg(String(text), undefined as never)
        : typeof text === "boolean"
          ? text
          : String(text);
    command.setOptionValueWithSource(name, parsed, "config");
  }
}
