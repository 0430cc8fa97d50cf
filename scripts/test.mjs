// Runs the test suites. `--fast` leaves out files named *.slow.test.ts and installs nothing;
// otherwise, as root on Debian, the real programs that tests compare with are installed first.
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import { provision } from "./provision.mjs";

const root = join(import.meta.dirname, "..");
const fast = process.argv.includes("--fast");
const chosen = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));

if (!fast) await provision(root);
const patterns = chosen.length > 0 ? chosen : ["*.test.ts", "packages/*/src/**/*.test.ts"];
const files = patterns
  .flatMap((pattern) => globSync(pattern, { cwd: root }))
  .filter((file) => !(fast && file.endsWith(".slow.test.ts")))
  .sort();
const result = spawnSync(
  process.execPath,
  ["--test", "--test-reporter=spec", "--test-reporter-destination=stdout", "--test-timeout=600000", ...files],
  { cwd: root, stdio: "inherit" },
);
process.exit(result.status ?? 1);
