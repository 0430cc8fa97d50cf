import type { z } from "zod";

/** What a dotted path of a configuration leads to: a schema, something that takes any key, or nothing. */
export type PathTarget =
  | { readonly kind: "schema"; readonly schema: z.ZodType }
  | { readonly kind: "open" }
  | { readonly kind: "unknown"; readonly at: string; readonly names: readonly string[] };

type Definition = {
  type: string;
  innerType?: z.ZodType;
  in?: z.ZodType;
  valueType?: z.ZodType;
  options?: z.ZodType[];
};
const definition = (schema: z.ZodType): Definition => schema.def as unknown as Definition;

/** The schema below defaults, optionals, refinements and pipes. */
export function unwrapSchema(schema: z.ZodType): z.ZodType {
  let current = schema;
  for (;;) {
    const { type, innerType, in: input } = definition(current);
    const next = innerType ?? (type === "pipe" ? input : undefined);
    if (next === undefined) return current;
    current = next;
  }
}

/** The fields of an object schema, by name; undefined when it is no object. */
export function schemaFields(schema: z.ZodType): Readonly<Record<string, z.ZodType>> | undefined {
  const bare = unwrapSchema(schema);
  return definition(bare).type === "object" ? (bare as z.ZodObject).shape : undefined;
}

/** Follows a dotted path through nested object schemas. */
export function followPath(root: z.ZodType, path: readonly string[]): PathTarget {
  let schema = root;
  for (const [index, name] of path.entries()) {
    const fields = schemaFields(schema);
    if (fields) {
      const next = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (!next)
        return { kind: "unknown", at: path.slice(0, index + 1).join("."), names: Object.keys(fields) };
      schema = next;
      continue;
    }
    const bare = definition(unwrapSchema(schema));
    if (bare.type === "record" && bare.valueType) schema = bare.valueType;
    else if (["any", "unknown", "union", "custom"].includes(bare.type)) return { kind: "open" };
    else return { kind: "unknown", at: path.slice(0, index + 1).join("."), names: [] };
  }
  return { kind: "schema", schema };
}
