import { Argument, type Command } from "commander";
import type { CommandContext } from "../cli/command-context.ts";
import { completeWords } from "../cli/complete-words.ts";

/** What each shell runs at the press of a key: it asks `almagest complete` for the words that fit, and takes file names where
 * there are none. */
const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `_almagest() {
  local IFS=$'\\n'
  COMPREPLY=($(almagest complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _almagest almagest
`,
  zsh: `#compdef almagest
_almagest() {
  local -a found
  found=("\${(@f)$(almagest complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "$found[1]" ]]; then compadd -- "\${found[@]}"; else _files; fi
}
compdef _almagest almagest
`,
  fish: `function __almagest_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l found (almagest complete -- $words[2..-1] 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c almagest -f -a '(__almagest_complete)'
`,
};

/** `almagest completion SHELL`: the script that makes a shell complete this program's commands and options. */
export function addCompletion(program: Command, context: CommandContext): void {
  program
    .command("completion")
    .description("Print what makes a shell complete commands and options.")
    .addArgument(new Argument("<shell>", "your shell").choices(Object.keys(SCRIPTS)))
    .addHelpText(
      "after",
      `
  bash    eval "$(almagest completion bash)"      in ~/.bashrc
  zsh     eval "$(almagest completion zsh)"       in ~/.zshrc, after compinit
  fish    almagest completion fish | source       in ~/.config/fish/config.fish`,
    )
    .action((shell: string) => {
      context.terminal.out.write(SCRIPTS[shell]!);
    });
}

/** `almagest complete -- WORDS…`: what fits for the last word, one to a line; what the scripts ask. */
export function addComplete(program: Command, context: CommandContext): void {
  program
    .command("complete", { hidden: true })
    .description("Print what may stand for the last of these words.")
    .argument("[words...]", "what is typed so far")
    .action(async (words: string[]) => {
      // Only the branch that the words name is loaded.
      const { createProgram } = await import("../main.ts");
      const found = completeWords(await createProgram(context, words), words);
      context.terminal.out.write(found.map((word) => `${word}\n`).join(""));
    });
}
