import { readFile, writeFile } from "node:fs/promises";
import { AlmagestError } from "@almagest/base";
import { type CollectionTag, Document, parseDocument, type ScalarTag, type Schema } from "yaml";
import type { Formatter } from "../types.ts";
import { memberOf } from "./json-formatter.ts";

type Tag = ScalarTag | CollectionTag;

const EXPONENT = /^(-?\d+)(\.\d+)?e([+-]?)(\d+)$/;

/** Floats in scientific notation: YAML 1.1 readers take them for floats only with a point and a signed exponent. */
const scientificFloat: ScalarTag = {
  default: true,
  tag: "tag:yaml.org,2002:float",
  test: /^[-+]?\d+\.\d+e[-+]\d+$/i,
  identify: (value) => typeof value === "number" && EXPONENT.test(String(value)),
  resolve: (text) => Number(text),
  stringify: ({ value }) => {
    const [, whole, fraction = ".0", sign, exponent] = EXPONENT.exec(String(value))!;
    return `${whole}${fraction}e${sign || "+"}${exponent}`;
  },
};

let writingSchema: Schema | undefined;

/** The schema that documents are written by; making it costs more than writing a small document. */
function schemaForWriting(): Schema {
  writingSchema ??= new Document(null, {
    version: "1.1",
    customTags: (tags) => likePyYaml(tags as Tag[]),
  }).schema;
  return writingSchema;
}

/** YAML 1.1 in block style, as PyYAML's safe loader reads it. */
export function stringifyYaml(value: unknown): string {
  const options = { version: "1.1", aliasDuplicateObjects: false, schema: schemaForWriting() } as const;
  return new Document(value, options).toString({ lineWidth: 0 });
}

/** Words that PyYAML takes for a value where YAML 1.1 at large takes more: `y` and `0_29` are text to it. */
const PYYAML_TESTS: Readonly<Record<string, RegExp>> = {
  true: /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/,
  false: /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/,
  "7": /^[-+]?(?:0|[1-9][0-9_]*)$/,
  "7:30": /^[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+$/,
};

/** The tags of YAML 1.1 as PyYAML understands them; floats in scientific notation need a point and a signed exponent. */
export function likePyYaml(tags: readonly Tag[]): Tag[] {
  const adjusted = tags.flatMap((tag): Tag[] => {
    if (!("test" in tag) || tag.test === undefined) return [tag];
    if (tag.tag === "tag:yaml.org,2002:float") return tag.format === "EXP" ? [] : [tag];
    const { test } = tag;
    const sample = Object.keys(PYYAML_TESTS).find((word) => test.test(word));
    return sample === undefined || tag.format === "OCT" ? [tag] : [{ ...tag, test: PYYAML_TESTS[sample]! }];
  });
  return [scientificFloat, ...adjusted];
}

/** Parses YAML 1.1; tags other than the standard ones are refused. Throws `BUTLER.FORMATTER_FAILED`. */
export function parseYaml(text: string): unknown {
  const document = parseDocument(text, {
    version: "1.1",
    logLevel: "silent",
    customTags: (tags) => likePyYaml(tags as Tag[]),
  });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) {
    throw new AlmagestError("BUTLER.FORMATTER_FAILED", `Not YAML that can be read: ${problem.message}`, {
      cause: problem,
    });
  }
  return document.toJS({ maxAliasCount: 100 });
}

/** Documents of plain data: the storage class StructuredDataDict and its like. */
export const yamlFormatter: Formatter = {
  name: "lsst.daf.butler.formatters.yaml.YamlFormatter",
  extension: ".yaml",
  parameters: [],
  write: (value, path) => writeFile(path, stringifyYaml(value)),
  encode: stringifyYaml,
  read: async (path, options) => {
    const document = parseYaml(await readFile(path, "utf8"));
    return options.component === undefined ? document : memberOf(document, options.component);
  },
};
