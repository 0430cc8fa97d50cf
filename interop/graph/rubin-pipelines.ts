import { execFileSync } from "node:child_process";
import { existsSync, globSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { loadPipeline, type Pipeline } from "@almagest/pipeline";
import type { Bar } from "../../scripts/bar.ts";
import { findPython } from "../python.ts";

/** Environment variables of these checks: a Python with `lsst-pipe-base`, and a folder with checkouts of Rubin's pipeline
 * packages (`drp_pipe`, `ap_pipe`, `analysis_tools`, …) side by side. */
const FOLDER = process.env.ALMAGEST_RUBIN_PIPELINES;

interface Expanded {
  readonly path: string;
  readonly error?: string;
  readonly tasks: Readonly<Record<string, string>>;
  readonly subsets: Readonly<Record<string, readonly string[]>>;
  readonly steps: readonly (readonly [string, readonly string[]])[];
  /** Settings of each label, the last one of each path. */
  readonly fields: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

function expandOurs(path: string, pipeline: Pipeline): Expanded {
  return {
    path,
    tasks: Object.fromEntries([...pipeline.tasks].map(([label, { className }]) => [label, className])),
    subsets: Object.fromEntries(
      [...pipeline.subsets].map(([name, { labels }]) => [name, [...labels].sort()]),
    ),
    steps: pipeline.steps.map(({ label, dimensions }) => [label, [...dimensions].sort()]),
    fields: Object.fromEntries(
      [...pipeline.tasks].map(([label, { overrides }]) => [
        label,
        Object.fromEntries(
          overrides.flatMap((each) => (each.kind === "field" ? [[each.path, each.value]] : [])),
        ),
      ]),
    ),
  };
}

/** PyYAML reads `1e-4` as text (a point is missing) and the original makes it a number later, or not; ours is one at once. */
function unifyNumbers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unifyNumbers);
  if (typeof value === "string") {
    if (value === "nan") return null;
    return /^[-+]?[\d.]+(e[-+]?\d+)?$/i.test(value) ? Number(value) : value;
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, unifyNumbers(member)]));
}

async function compareExpansions(): Promise<{ figure: string; pass: boolean; note?: string }> {
  if (FOLDER === undefined || !existsSync(FOLDER)) {
    const wants = "set ALMAGEST_RUBIN_PIPELINES to a folder of checkouts of Rubin's pipeline packages";
    return { figure: `not measured: ${wants}`, pass: false };
  }
  const packages = readdirSync(FOLDER);
  const environment = Object.fromEntries(
    packages.map((name) => [`${name.toUpperCase()}_DIR`, join(FOLDER, name)]),
  );
  const files = packages.flatMap((name) => globSync(join(FOLDER, name, "pipelines/**/*.yaml"))).sort();
  const output = execFileSync(
    findPython(["lsst.pipe.base"]),
    [join(import.meta.dirname, "expand-pipelines.py")],
    {
      input: files.join("\n"),
      encoding: "utf8",
      env: { ...process.env, ...environment },
      maxBuffer: 2 ** 28,
      stdio: ["pipe", "pipe", "ignore"],
    },
  );
  const differing: string[] = [];
  let same = 0;
  let refused = 0;
  for (const line of output.trim().split("\n")) {
    // Python writes not-a-number and the infinities as bare words; ours become null as well on their way through JSON.
    const theirs = unifyNumbers(
      JSON.parse(line.replace(/(?<=[[,:] ?)(NaN|-?Infinity)(?=[,\]}])/g, "null")),
    ) as Expanded;
    const ours = await loadPipeline(theirs.path, { environment }).then(
      (pipeline) => unifyNumbers(JSON.parse(JSON.stringify(expandOurs(theirs.path, pipeline)))) as Expanded,
      (error: Error) => error.message,
    );
    const name = theirs.path.slice(FOLDER.length + 1);
    if (theirs.error !== undefined) {
      refused++;
      if (typeof ours !== "string") differing.push(`${name}: the original refuses it (${theirs.error})`);
    } else if (typeof ours === "string") differing.push(`${name}: ${ours}`);
    else {
      const keys = ["tasks", "subsets", "steps", "fields"] as const;
      const wrong = keys.find((key) => !isDeepStrictEqual(ours[key], theirs[key]));
      if (wrong === undefined) same++;
      else differing.push(`${name}: ${wrong}`);
    }
  }
  return {
    figure: `${same} files expand to the same, ${refused} are refused by both, ${differing.length} differ`,
    pass: same >= 20 && differing.length === 0,
    note: differing.slice(0, 8).join("; "),
  };
}

/** Rubin's own pipeline files, read by both. */
export const bars: Bar[] = [
  {
    name: "Rubin's pipeline files expand to the same tasks, subsets, steps and settings",
    goal: "≥ 20 files the same, none different",
    measure: compareExpansions,
  },
];
