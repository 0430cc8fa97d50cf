// Runs the bars of one area: every file of FOLDER/AREA exports `bars` (see bar.ts). Prints goal, figure and verdict.
import { globSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** Runs `folder/area`; with `--check` in the arguments the exit code is 1 where a bar falls short. */
export async function runBars(folder) {
  const root = join(import.meta.dirname, "..");
  const [area, ...flags] = process.argv.slice(2);
  const areas = readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  if (area === undefined || !areas.includes(area)) {
    console.error(`Usage: npm run ${folder} -- AREA [--check] [--json]\nAreas: ${areas.join(", ")}`);
    process.exit(2);
  }
  const rows = [];
  for (const file of globSync(`${folder}/${area}/*.ts`, { cwd: root }).sort()) {
    const { bars } = await import(pathToFileURL(join(root, file)).href);
    for (const bar of bars ?? []) {
      const row = { name: bar.name, goal: bar.goal, figure: "", pass: false, note: "" };
      try {
        Object.assign(row, await bar.measure());
      } catch (error) {
        row.figure = `failed: ${error instanceof Error ? error.message : error}`;
      }
      rows.push(row);
      if (!flags.includes("--json")) {
        const verdict = row.pass ? "reached" : "SHORT";
        console.log(
          `${verdict.padEnd(8)} ${row.name}: ${row.figure} (goal ${row.goal})${row.note ? ` [${row.note}]` : ""}`,
        );
      }
    }
  }
  if (flags.includes("--json")) console.log(JSON.stringify(rows, null, 2));
  const short = rows.filter((row) => !row.pass).length;
  if (!flags.includes("--json")) console.log(`${rows.length - short} of ${rows.length} bars reached`);
  process.exit(short > 0 && flags.includes("--check") ? 1 : 0);
}
