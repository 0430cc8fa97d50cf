import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import {
  compareWithAstropy,
  describeWithAstropy,
  findAstropy,
} from "../../packages/fits/src/testing/astropy.ts";
import type { Bar } from "../../scripts/bar.ts";

const DATA = join(import.meta.dirname, "../../../shared/data");
/** Files judged by one run of Python. */
const BATCH = 60;

async function measureRealFiles(): Promise<{ figure: string; pass: boolean; note?: string }> {
  const python = findAstropy();
  if (python === undefined) return { figure: "no python3 with astropy", pass: false };
  if (!existsSync(DATA)) return { figure: "no shared/data", pass: false };
  const files = globSync(join(DATA, "**/*.{fits,fit,fits.gz,fit.gz,fz}")).sort();
  const differing: string[] = [];
  for (let i = 0; i < files.length; i += BATCH) {
    const batch = files.slice(i, i + BATCH);
    const described = describeWithAstropy(python, batch);
    for (const path of batch) {
      const differences = await compareWithAstropy(path, described[path]!);
      if (differences.length > 0) differing.push(`${path.slice(DATA.length + 1)}: ${differences[0]}`);
    }
  }
  return {
    figure: `${files.length - differing.length} of ${files.length} files the same`,
    pass: differing.length === 0 && files.length > 0,
    note: differing.slice(0, 3).join("; "),
  };
}

export const bars: Bar[] = [
  {
    name: "real files against astropy",
    goal: "every image and column of every real FITS file bit for bit (scaled integers to 1e-6)",
    measure: measureRealFiles,
  },
];
