import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { createRandom } from "@almagest/base";
import { createBpsConfig, loadSubmitFile } from "@almagest/batch";
import { stringify } from "yaml";
import type { Bar } from "../../scripts/bar.ts";
import { findPython } from "../python.ts";

interface Case {
  readonly file: string;
  readonly questions: readonly (readonly [string, Readonly<Record<string, string>>])[];
}

const KEYS = ["alpha", "beta", "gamma", "delta", "requestMemory", "output", "nowhere"];
const SECTIONS: Readonly<Record<string, readonly string[]>> = {
  pipetask: ["isr", "warp"],
  cluster: ["c1", "c2"],
  site: ["s1"],
  cloud: ["k1"],
};

const SHELL_WORDS = ["$" + "{BATCH_KNOWN}/y", "$BATCH_KNOWN", "<ENV:BATCH_KNOWN>", "$" + "{BATCH_UNKNOWN}z"];

/** Random submit files with every kind of section, nested variables, includes and environment variables. */
function makeCases(folder: string, count: number): Case[] {
  const random = createRandom(20261122);
  const pick = <T>(list: readonly T[]): T => list[random.integer(list.length)]!;
  const value = (depth: number): unknown => {
    const kind = random.integer(7);
    if (kind === 0) return random.integer(9999);
    if (kind === 1) return random.integer(2) === 1;
    // Only later keys are named, so that nothing refers to itself.
    const later = KEYS.slice(depth + 1);
    if (kind <= 4 && later.length > 0) return `x{${pick(later)}}-{${pick(later)}}`;
    if (kind === 5) return pick(SHELL_WORDS);
    return pick(["plain", "a b", "{{braces}}", "{missing}end", "n", "y", "1.5"]);
  };
  const block = (): Record<string, unknown> => {
    const made: Record<string, unknown> = {};
    for (const [depth, key] of KEYS.slice(0, -1).entries()) {
      if (random.integer(3) === 0) made[key] = value(depth);
    }
    return made;
  };
  return Array.from({ length: count }, (_, number) => {
    const tree: Record<string, unknown> = { ...block(), payload: block() };
    for (const [section, names] of Object.entries(SECTIONS)) {
      tree[section] = Object.fromEntries(names.map((name) => [name, block()]));
    }
    if (number % 3 === 0) {
      writeFileSync(
        join(folder, `${number}-part.yaml`),
        stringify({ ...block(), payload: block(), site: { s1: block() } }),
      );
      tree.includeConfigs = [`${number}-part.yaml`];
    }
    const file = join(folder, `${number}.yaml`);
    writeFileSync(file, stringify(tree));
    const questions = Array.from({ length: 20 }, (): [string, Record<string, string>] => {
      const current: Record<string, string> = {};
      for (const [section, names] of Object.entries(SECTIONS)) {
        if (random.integer(2) === 0) current[`curr_${section}`] = pick(names);
      }
      return [pick([...KEYS, ".site.s1.alpha", ".payload.output"]), current];
    });
    return { file, questions };
  });
}

async function compareAnswers(): Promise<{ figure: string; pass: boolean; note?: string }> {
  const python = findPython(["lsst.ctrl.bps"], true);
  const folder = mkdtempSync(join(tmpdir(), "almagest-bps-"));
  try {
    const environment = { ...process.env, BATCH_KNOWN: "known" };
    const cases = makeCases(folder, 100);
    const text = execFileSync(python, [join(import.meta.dirname, "bps-config.py")], {
      input: JSON.stringify(cases),
      env: environment,
      encoding: "utf8",
    });
    const theirs = JSON.parse(text) as unknown[][];
    let same = 0;
    let all = 0;
    let first = "";
    for (const [i, { file, questions }] of cases.entries()) {
      const config = createBpsConfig(loadSubmitFile(file, environment), environment);
      for (const [j, [key, current]] of questions.entries()) {
        const ours = config.search(key, { current }) ?? null;
        all++;
        if (isDeepStrictEqual(ours, theirs[i]![j])) same++;
        else
          first ||= `${key} ${JSON.stringify(current)}: ${JSON.stringify(ours)}, not ${JSON.stringify(theirs[i]![j])}`;
      }
    }
    const figure = `${same} of ${all} answers the same`;
    return { figure: first === "" ? figure : `${figure}; first other: ${first}`, pass: same === all };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Submit files answer as the original's BpsConfig. */
export const bars: Bar[] = [
  {
    name: "BpsConfig's answers",
    goal: "all of 2,000 searches in 100 random submit files the same as lsst.ctrl.bps",
    measure: compareAnswers,
  },
];
