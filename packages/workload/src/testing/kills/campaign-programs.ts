import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";

const NAMES = ["server-main", "harvester-main", "simulated-pilot-main"] as const;

/** The programs of a campaign, each as one file: hundreds of them are started. */
export interface CampaignPrograms extends AsyncDisposable {
  file(name: (typeof NAMES)[number]): string;
}

/** Bundles the programs into a folder below `node_modules`, where they find the packages that stay outside. */
export async function bundlePrograms(): Promise<CampaignPrograms> {
  const { build } = await import("esbuild");
  const cache = join(import.meta.dirname, "../../../../../node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "almagest-kills-"));
  await build({
    entryPoints: NAMES.map((name) => join(import.meta.dirname, `${name}.ts`)),
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node24",
    external: ["pg"],
    logLevel: "error",
  });
  return {
    file: (name) => join(folder, `${name}.mjs`),
    async [Symbol.asyncDispose]() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A running program. */
export interface Program {
  readonly pid: number;
  /** Ends it at once, unless it has ended. */
  kill(): Promise<void>;
}

/** Starts a program whose messages go to a file; settles when it says `ready`. None outlives this process. */
export async function startProgram(words: readonly string[], log: string): Promise<Program> {
  const file = openSync(log, "a");
  const child: ChildProcess = spawn(words[0]!, words.slice(1), { stdio: ["ignore", "pipe", file] });
  closeSync(file);
  const end = (): void => void child.kill("SIGKILL");
  process.on("exit", end);
  child.once("exit", () => process.off("exit", end));
  const said = await Promise.race([
    once(child.stdout!, "data").then(() => true),
    once(child, "exit").then(() => false),
  ]);
  if (!said) throw new Error(`${words.join(" ")} ended; see ${log}`);
  return {
    pid: child.pid!,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}
