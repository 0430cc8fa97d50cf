import { Option } from "commander";

/** How files come in or go out, by the original's names; `auto` leaves the choice to the command. */
export const TRANSFER_MODES = [
  "auto",
  "link",
  "symlink",
  "hardlink",
  "copy",
  "move",
  "relsymlink",
  "direct",
] as const;

/** One of `TRANSFER_MODES`. */
export type TransferMode = (typeof TRANSFER_MODES)[number];

/** The option `-t, --transfer`. */
export function transferOption(what: string, initial: TransferMode = "auto"): Option {
  return new Option("-t, --transfer <mode>", what).choices(TRANSFER_MODES).default(initial);
}
