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
  /** Names to try in turn: a field, or of a dimension's record a field. */
  readonly alternatives: readonly FieldName[];
  readonly optional: boolean;
  readonly keepSlashes: boolean;
  readonly padding: { readonly width: number; readonly fill: string } | undefined;
}

interface FieldName {
  readonly name: string;
  readonly primary: string;
  readonly secondary: string | undefined;
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
    const spec = match[2] ?? "";
    const padding = /^(0?)(\d+)d?$/.exec(spec.replace(/[/?]/g, ""));
    parts.push({
      literal: text.slice(end, match.index),
      alternatives: match[1]!.split("|").map((name) => {
        const [primary, secondary] = name.split(".") as [string, string | undefined];
        return { name, primary, secondary };
      }),
      optional: spec.includes("?"),
      keepSlashes: spec.includes("/"),
      padding: padding === null ? undefined : { width: Number(padding[2]), fill: padding[1] ? "0" : " " },
    });
    end = match.index + match[0].length;
  }
  const template = { text, parts, tail: text.slice(end) };
  const literals = [...parts.map((part) => part.literal), template.tail].join("");
  if (
    /[{}]/.test(literals) ||
    !parts.some((part) => ["run", "id"].some((name) => part.alternatives.some((item) => item.name === name)))
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

function fieldValue(
  { name, primary, secondary }: FieldName,
  fields: Readonly<Record<string, unknown>>,
  data: ExpandedDataId,
): unknown {
  if (secondary === undefined) return fields[name];
  const record = data.records[primary];
  if (fields[primary] === undefined || record === undefined) return undefined;
  return record[secondary] ?? (secondary in record ? "None" : undefined);
}

const UNSAFE = /[ <>:"\\|?*]/g;

function formatValue(value: unknown, { keepSlashes, padding }: TemplatePart): string {
  let text = String(value);
  if (typeof value === "string") {
    text = text.replace(UNSAFE, "_");
    if (!keepSlashes) text = text.replaceAll("/", "_");
  }
  return padding === undefined ? text : text.padStart(padding.width, padding.fill);
}

/** What a path must be resolved for: nothing between slashes, or dots alone. */
const UNRESOLVED = /\/\/|(?:^|\/)\.{1,2}(?:\/|$)|^\//;

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
  for (const part of template.parts) {
    const { literal, alternatives } = part;
    const name = alternatives.find(({ primary }) => fields[primary] !== undefined) ?? alternatives[0]!;
    const value = fieldValue(name, fields, data);
    if (value !== undefined && value !== null) {
      output += literal + formatValue(value, part);
    } else if (part.optional) {
      output += literal.includes("/") ? literal : "";
    } else {
      throw new AlmagestError(
        "BUTLER.TEMPLATE_INVALID",
        `The template '${template.text}' needs '${name.name}', which {${data.group.names.join(", ")}} does not give.`,
        { fields: { template: template.text, field: name.name } },
      );
    }
  }
  output += template.tail;
  const slash = output.lastIndexOf("/");
  const tail = output
    .slice(slash + 1)
    .replaceAll(".", "_")
    .replaceAll("#", "HASH");
  const whole = output.slice(0, slash + 1) + tail;
  const path = UNRESOLVED.test(whole) ? posix.normalize(whole).replace(/^\/+/, "") : whole;
  if (path.split("/").includes("..") || path.includes("\0")) {
    throw new AlmagestError("BUTLER.TEMPLATE_INVALID", `The path '${path}' would leave the repository.`, {
      fields: { path },
    });
  }
  return path;
}
