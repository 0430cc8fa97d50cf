import { AlmagestError } from "@almagest/base";
import { taiNsToIso } from "@almagest/sphere";
import type { DimensionElement } from "../dimensions/dimension-element.ts";
import type { DimensionRecord, Timespan } from "../types.ts";

const REGION_CLASSES: Readonly<Record<string, string>> = {
  p: "ConvexPolygon",
  c: "Circle",
  b: "Box",
  e: "Ellipse",
  u: "UnionRegion",
  i: "IntersectionRegion",
};

/** A text as YAML; quoted always, so that no reader takes it for anything else. */
export function yamlText(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? `'${text.replaceAll("'", "''")}'` : JSON.stringify(text);
}

/** A time as the original's exports have it. */
export function yamlTime(taiNs: bigint | undefined): string {
  if (taiNs === undefined) return "null";
  return `!butler_time/tai/iso '${taiNsToIso(taiNs, "tai", 9).replace("T", " ")}'`;
}

/** A time span as the original's exports have it, its parts indented by `indent`. */
export function yamlTimespan(span: Timespan, indent: string): string {
  return `!lsst.daf.butler.Timespan\n${indent}begin: ${yamlTime(span.begin)}\n${indent}end: ${yamlTime(span.end)}`;
}

function yamlRegion(bytes: Uint8Array, indent: string): string {
  const name = REGION_CLASSES[String.fromCharCode(bytes[0] ?? 0)];
  if (name === undefined) {
    throw new AlmagestError("BUTLER.RECORD_INVALID", "A region of an unknown kind cannot be exported.");
  }
  return `!<lsst.sphgeom.${name}>\n${indent}  encoded: ${bytes.toHex()}`;
}

/** A record as an entry of a list, its columns by name in table order. */
export function yamlRecord(element: DimensionElement, record: DimensionRecord): string {
  const indent = "    ";
  const lines = element.columns.flatMap((column): string[] => {
    const value = record[column.name] ?? null;
    if (column.type === "timespan") {
      const span = value as Timespan | null;
      return [
        `datetime_begin: ${span === null ? "null" : yamlTime(span.begin)}`,
        `datetime_end: ${span === null ? "null" : yamlTime(span.end)}`,
      ];
    }
    const name = `${column.name}: `;
    if (value === null) return [`${name}null`];
    switch (column.type) {
      case "string":
        return [name + yamlText(value as string)];
      case "float": {
        const text = String(value);
        return [
          name +
            (/^-?\d+$/.test(text)
              ? `${text}.0`
              : text.replace(/^(-?\d+)e/, "$1.0e").replace(/e(\d)/, "e+$1")),
        ];
      }
      case "hash":
        return [`${name}!!binary ${yamlText((value as Uint8Array).toBase64())}`];
      case "region":
        return [name + yamlRegion(value as Uint8Array, indent)];
      default:
        return [name + String(value)];
    }
  });
  return lines.map((line, index) => `${index === 0 ? "  - " : indent}${line}`).join("\n");
}
