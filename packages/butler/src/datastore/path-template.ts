import { posix } from "node:path";
import { AlmagestError } from "@almagest/base";
import type { ExpandedDataId } from "../dimensions/universe.ts";
import type { DatasetRef } from "../types.ts";

/** Where new files go unless configured otherwise, as in the original. */
export const DEFAULT_TEMPLATE =
  "{run:/}/{datasetType}.{component:?}/{tract:?}/{patch:?}/{day_obs|visit.day_obs|exposure.day_obs:?}/{band:?}/{subfilter:?}/{physical_filter:?}/{visit:?}/{exposure.obs_id|group:?}/{datasetType}_{component:?}_{instrument:?}_{tract:?}_{patch:?}_{band:?}_{physical_filter:?}_{visit:?}_{exposure.obs_id|group:?}_{detector.full_name:?}_{skymap:?}_{skypix:?}_{ssp_hypothesis_table:?}_{ssp_hypothesis_bundle:?}_{ssp_balanced_index:?}_{run}";

/** Templates by dimensions (`a+b`), dataset type or storage class; raws have no band or filter folder. */
export const DEFAULT_TEMPLATES: Readonly<Record<string, string>> = {
  default: DEFAULT_TEMPLATE,
  "physical_filter+detector+exposure":
    "{run:/}/{datasetType}.{component:?}/{day_obs|exposure.day_obs}/{exposure.obs_id}/{datasetType}_{component:?}_{instrument:?}_{physical_filter}_{exposure.obs_id}_{detector.full_name}_{run}",
};

interface TemplatePart {
  readonly literal: string;
  readonly alternatives: readonly string[];
  readonly spec: string;
}

/** A template taken apart: each part is literal text and the field after it (none in the last). */
export interface PathTemplate {
  readonly text: string;
  readonly parts: readonly TemplatePart[];
  readonly tail: string;
}

const parsed = new Map<string, PathTemplate>();

/** Takes a template apart. Throws `BUTLER.TEMPLATE_INVALID`. */
export function parsePathTemplate(text: string): PathTemplate {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const parts: TemplatePart[] = [];
  let end = 0;
  for (const match of text.matchAll(/\{([^{}:]+)(?::([^{}]*))?\}/g)) {
    parts.push({
      literal: text.slice(end, match.index),
      alternatives: match[1]!.split("|"),
      spec: match[2] ?? "",
    });
    end = match.index + match[0].length;
  }
  const template = { text, parts, tail: text.slice(end) };
  const literals = [...parts.map((part) => part.literal), template.tail].join("");
  if (
    /[{}]/.test(literals) ||
    !parts.some((part) => ["run", "id"].some((name) => part.alternatives.includes(name)))
  ) {
    throw new AlmagestError(
      "BUTLER.TEMPLATE_INVALID",
      `The file name template '${text}' is not sound: braces must pair, and {run} or {id} must occur.`,
      { fields: { template: text } },
    );
  }
  parsed.set(text, template);
  return template;
}

function fieldValue(name: string, fields: Readonly<Record<string, unknown>>, data: ExpandedDataId): unknown {
  const [primary, secondary] = name.split(".") as [string, string | undefined];
  if (secondary === undefined) return fields[name];
  const record = data.records[primary];
  if (fields[primary] === undefined || record === undefined) return undefined;
  return record[secondary] ?? (secondary in record ? "None" : undefined);
}

function formatValue(value: unknown, spec: string): string {
  const keepSlashes = spec.includes("/");
  const format = spec.replace(/[/?]/g, "");
  let text = String(value);
  if (typeof value === "string") {
    text = text.replace(/[ <>:"\\|?*]/g, "_");
    if (!keepSlashes) text = text.replaceAll("/", "_");
  }
  const padding = /^(0?)(\d+)d?$/.exec(format);
  if (padding !== null) return text.padStart(Number(padding[2]), padding[1] === "0" ? "0" : " ");
  return text;
}

/**
 * The root-relative path of a new file, without the formatter's extension: the first present alternative of each field,
 * optional ones dropped together with the text before them, unsafe characters replaced. Throws `BUTLER.TEMPLATE_INVALID`
 * when a field has no value, or when the path would leave the repository.
 */
export function formatPath(
  template: PathTemplate,
  ref: DatasetRef,
  data: ExpandedDataId,
  component?: string,
): string {
  const skypix = data.group.skypix;
  const fields: Record<string, unknown> = {
    ...data.dataId,
    ...(skypix.length === 1 ? { skypix: data.dataId[skypix[0]!] } : {}),
    ...(component === undefined ? {} : { component }),
    datasetType: ref.datasetType.name,
    run: ref.run,
    id: ref.id,
  };
  let output = "";
  for (const { literal, alternatives, spec } of template.parts) {
    const name = alternatives.find((item) => fields[item.split(".")[0]!] !== undefined) ?? alternatives[0]!;
    const value = fieldValue(name, fields, data);
    if (value !== undefined && value !== null) {
      output += literal + formatValue(value, spec);
    } else if (spec.includes("?")) {
      output += literal.includes("/") ? literal : "";
    } else {
      throw new AlmagestError(
        "BUTLER.TEMPLATE_INVALID",
        `The template '${template.text}' needs '${name}', which {${data.group.names.join(", ")}} does not give.`,
        { fields: { template: template.text, field: name } },
      );
    }
  }
  output += template.tail;
  const slash = output.lastIndexOf("/");
  const tail = output
    .slice(slash + 1)
    .replaceAll(".", "_")
    .replaceAll("#", "HASH");
  const path = posix.normalize(output.slice(0, slash + 1) + tail).replace(/^\/+/, "");
  if (path.split("/").includes("..") || path.includes("\0")) {
    throw new AlmagestError("BUTLER.TEMPLATE_INVALID", `The path '${path}' would leave the repository.`, {
      fields: { path },
    });
  }
  return path;
}
