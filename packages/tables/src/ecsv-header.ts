import { AlmagestError } from "@almagest/base";
import { parse, stringify } from "yaml";

/** One column as the header of an ECSV file describes it (astropy's APE 6). */
export interface EcsvColumn {
  readonly name: string;
  /** `float64`, `int32`, `bool`, `string`, …. */
  readonly datatype: string;
  readonly unit?: string;
  readonly description?: string;
  /** Of an array column: element type and shape, such as `float64[3]`. */
  readonly subtype?: string;
}

/** What stands above the rows. */
export interface EcsvHeader {
  readonly columns: readonly EcsvColumn[];
  readonly delimiter: string;
  readonly meta: Readonly<Record<string, unknown>>;
}

/** The error for a text that is no ECSV. */
export function ecsvInvalid(problem: string, cause?: unknown): AlmagestError {
  return new AlmagestError("TABLES.ECSV_INVALID", `Not an ECSV table: ${problem}.`, { cause });
}

/** Reads the commented lines on top, without their `# `. Throws `TABLES.ECSV_INVALID`. */
export function parseEcsvHeader(lines: readonly string[]): EcsvHeader {
  if (!/^%ECSV \d/.test(lines[0] ?? "")) throw ecsvInvalid("the first line is not '# %ECSV 1.0'");
  let document: { datatype?: unknown; delimiter?: unknown; meta?: unknown };
  try {
    document = parse(lines.slice(1).join("\n"), { logLevel: "silent" }) ?? {};
  } catch (cause) {
    throw ecsvInvalid(`its header is not YAML (${(cause as Error).message})`, cause);
  }
  const columns = document.datatype;
  if (!Array.isArray(columns) || !columns.every((column) => typeof column?.name === "string")) {
    throw ecsvInvalid("its header has no list 'datatype' of named columns");
  }
  return {
    columns: columns as EcsvColumn[],
    delimiter: typeof document.delimiter === "string" ? document.delimiter : " ",
    meta: toRecord(document.meta),
  };
}

/** Metadata are a mapping, an ordered one, or a list of mappings with one member each. */
function toRecord(meta: unknown): Record<string, unknown> {
  if (meta instanceof Map) return Object.fromEntries(meta);
  if (Array.isArray(meta)) return Object.assign({}, ...meta.map(toRecord));
  return typeof meta === "object" && meta !== null ? (meta as Record<string, unknown>) : {};
}

/** The lines on top of a file whose values are separated by spaces. */
export function formatEcsvHeader({ columns, meta }: Omit<EcsvHeader, "delimiter">): string {
  const flow = (value: unknown): string =>
    stringify(value, { collectionStyle: "flow", lineWidth: 0, flowCollectionPadding: false }).trimEnd();
  const lines = ["%ECSV 1.0", "---", "datatype:", ...columns.map((column) => `- ${flow(column)}`)];
  const entries = Object.entries(meta);
  if (entries.length > 0)
    lines.push("meta: !!omap", ...entries.map(([key, value]) => `- ${flow({ [key]: value })}`));
  lines.push("schema: astropy-2.0");
  return lines.map((line) => `# ${line}\n`).join("");
}
