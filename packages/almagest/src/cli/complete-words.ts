import type { Command, Option } from "commander";

/** True when the option takes the next word as its value. */
const takesValue = (option: Option): boolean => option.required || option.optional;

const findOption = (command: Command, flag: string): Option | undefined =>
  command.options.find(({ short, long }) => flag === short || flag === long);

/**
 * What may stand for the last of `words` (what is typed so far, without the program's name, the last one possibly empty):
 * subcommands, options not yet given, or an option's choices, sorted. Empty where a path or a free text is wanted.
 */
export function completeWords(program: Command, words: readonly string[]): string[] {
  const typed = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  let command = program;
  const given = new Set<string>();
  let awaiting: Option | undefined;
  for (const word of before) {
    if (awaiting !== undefined) {
      awaiting = undefined;
    } else if (word.startsWith("-")) {
      const option = findOption(command, word);
      given.add(option?.long ?? word);
      if (option !== undefined && takesValue(option)) awaiting = option;
    } else {
      command = command.commands.find((child) => child.name() === word) ?? command;
    }
  }
  const all = awaiting?.required
    ? (awaiting.argChoices ?? [])
    : typed.startsWith("-")
      ? command.options.flatMap(({ long, variadic, hidden }) =>
          long && !hidden && (variadic || !given.has(long)) ? [long] : [],
        )
      : [...(awaiting?.argChoices ?? []), ...command.commands.filter(isShown).map((child) => child.name())];
  return [...new Set(all)].filter((candidate) => candidate.startsWith(typed)).sort();
}

/** Commander keeps this to itself, and needs it for its help. */
const isShown = (command: Command): boolean => !(command as unknown as { _hidden?: boolean })._hidden;
