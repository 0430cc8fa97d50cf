import { AlmagestError, type Json } from "@almagest/base";
import type { z } from "zod";

/** Checks a plugin's options. Throws `WORKLOAD.CONFIG_INVALID` naming the first that is wrong. */
export function readPluginOptions<S extends z.ZodType>(
  plugin: string,
  schema: S,
  given: Readonly<Record<string, Json>>,
): z.infer<S> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  throw new AlmagestError(
    "WORKLOAD.CONFIG_INVALID",
    `options of plugin ${plugin}: ${path.join(".")}: ${message}`,
    {
      fields: { plugin },
    },
  );
}
