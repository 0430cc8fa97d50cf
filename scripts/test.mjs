// Runs the test suites. `--fast` leaves out files named *.slow.test.ts and installs nothing; unless files are named it also
// leaves out PostgreSQL and runs the files of each pure room in one process. Otherwise, as root on Debian, the real programs
// that tests compare with are installed first.
import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
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
const folder = mkdtempSync(join(tmpdir(), "almagest-rooms-"));
let result;
try {
  const joined = env.ALMAGEST_TESTS === "fast" ? joinRooms(files) : files;
  result = spawnSync(process.execPath, [...options, ...joined], { cwd: root, stdio: "inherit", env });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(result.status ?? 1);

/**
 * The files, with those of each pure room replaced by one in `folder` that imports them: starting a process and loading what
 * a room imports costs more than most of its tests.
 */
function joinRooms(all) {
  const pure = [
    "tasks",
    "simulator",
    "fits",
    "kernels",
    "sphere",
    "images",
    "instruments",
    "tables",
    "report",
    "base",
  ];
  const rooms = pure.flatMap((room) => {
    const own = all.filter((file) => file.startsWith(`packages/${room}/`));
    if (own.length === 0) return [];
    const path = join(folder, `${room}.test.mjs`);
    const imports = own.map((file) => `import ${JSON.stringify(pathToFileURL(join(root, file)).href)};\n`);
    writeFileSync(path, imports.join(""));
    return [path];
  });
  // The rooms take longest: they begin, so that no core waits for one at the end.
  return [...rooms, ...all.filter((file) => !pure.includes(file.split("/")[1] ?? ""))];
}
