// Runs the test suites. `--fast` leaves out files named *.slow.test.ts, and PostgreSQL unless files are
// named, and installs nothing;
// otherwise, as root on Debian, the real programs that tests compare with are installed first.
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { availableParallelism } from "node:os";
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
// Each file is a process of its own: without the cache, compiling what they all import takes most of the time.
const env = { ...process.env, NODE_COMPILE_CACHE: join(root, "node_modules/.cache/compiled") };
if (fast && chosen.length === 0) env.ALMAGEST_TESTS = "fast";
// Node leaves one core free unless told; the whole suite needs that one for the servers that tests start.
const options = [
  "--test",
  "--test-reporter=spec",
  "--test-reporter-destination=stdout",
  "--test-timeout=600000",
];
if (env.ALMAGEST_TESTS === "fast") options.push(`--test-concurrency=${availableParallelism()}`);
const result = spawnSync(process.execPath, [...options, ...files], { cwd: root, stdio: "inherit", env });
process.exit(result.status ?? 1);
