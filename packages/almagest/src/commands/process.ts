import type { Command } from "commander";
import type { CommandContext } from "../cli/command-context.ts";

/** `almagest process`: any telescope's frames to calibrated images, a stack and a catalogue. */
export function addProcess(_program: Command, _context: CommandContext): void {}
