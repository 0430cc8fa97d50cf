// Writes docs/errors.md from every room's errors.ts; `--check` only compares.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const root = join(import.meta.dirname, "..");
const target = join(root, "docs", "errors.md");

/** The text of docs/errors.md: a table per room. */
export async function renderErrors() {
  const lines = [
    "# Error codes",
    "",
    "Every error has one of these codes; `almagest … --json` prints it as `error.code`.",
    "",
  ];
  for (const room of readdirSync(join(root, "packages")).sort()) {
    const file = join(root, "packages", room, "src", "errors.ts");
    if (!existsSync(file)) continue;
    const tables = Object.values(await import(pathToFileURL(file).href)).filter(
      (value) => typeof value === "object",
    );
    const codes = tables.flatMap((table) => Object.entries(table)).sort(([a], [b]) => (a < b ? -1 : 1));
    lines.push(`## ${room}`, "", "| code | meaning, and what to do |", "|---|---|");
    for (const [code, meaning] of codes) lines.push(`| \`${code}\` | ${meaning.replaceAll("|", "\\|")} |`);
    lines.push("");
  }
  return lines.join("\n");
}

if (process.argv[1] === import.meta.filename) {
  const text = await renderErrors();
  if (!process.argv.includes("--check")) writeFileSync(target, text);
  else if (!existsSync(target) || readFileSync(target, "utf8") !== text) {
    console.error("docs/errors.md is not up to date: run `npm run docs:errors`.");
    process.exit(1);
  }
}
