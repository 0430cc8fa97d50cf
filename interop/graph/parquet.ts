import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTable, writeParquet } from "@almagest/tables";
import type { Bar } from "../../scripts/bar.ts";
import { findPython } from "../python.ts";

const SCRIPT = `
import sys, json, pyarrow.parquet as pq, pandas as pd
table = pq.read_table(sys.argv[1])
frame = pd.read_parquet(sys.argv[1])
print(json.dumps([table.to_pydict(), [str(t) for t in table.schema.types], list(frame.columns)]))
`;

async function readWithPyarrow(): Promise<{ figure: string; pass: boolean; note?: string }> {
  const python = findPython(["pyarrow", "pandas"]);
  const folder = mkdtempSync(join(tmpdir(), "almagest-parquet-"));
  try {
    const path = join(folder, "t.parquet");
    const table = createTable({
      id: BigInt64Array.of(9007199254740991n, -1n),
      ra: { data: Float64Array.of(1.5, -0.25), unit: "deg", doc: "right ascension" },
      flux: Float32Array.of(1, 2),
      flags: Uint32Array.of(0, 2 ** 32 - 1),
      small: Int8Array.of(-128, 127),
      name: ["α", ""],
      good: { data: Uint8Array.of(1, 0), logical: true },
      shape: { data: Float32Array.of(1, 2, 3, 4), width: 2 },
    });
    await writeParquet(path, table);
    const output = execFileSync(python, ["-c", SCRIPT, path], {
      encoding: "utf8",
      stdio: ["pipe", "pipe", "ignore"],
    });
    const [values, types, names] = JSON.parse(output) as [Record<string, unknown[]>, string[], string[]];
    const expected = {
      id: [9007199254740991, -1],
      ra: [1.5, -0.25],
      flux: [1, 2],
      flags: [0, 4294967295],
      small: [-128, 127],
      name: ["α", ""],
      good: [true, false],
      shape: [
        [1, 2],
        [3, 4],
      ],
    };
    const same = JSON.stringify(values) === JSON.stringify(expected) && names.length === 8;
    return { figure: same ? "every value the same" : "values differ", pass: same, note: types.join(", ") };
  } catch (error) {
    const note = "needs a Python with pyarrow and pandas, named in ALMAGEST_PYTHON";
    return { figure: `not read: ${(error as Error).message.split("\n")[0]}`, pass: false, note };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Parquet written here, read by the field's own reader. */
export const bars: Bar[] = [
  {
    name: "pyarrow and pandas read our Parquet",
    goal: "every value and type the same",
    measure: readWithPyarrow,
  },
];
