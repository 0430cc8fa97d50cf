import type { Butler, OpenOptions } from "@almagest/butler";
import { openCatalogue } from "./open-catalogue.ts";

/** Opens the repository at `root` with every formatter Almagest knows. Throws `ALMAGEST.REPOSITORY_MISSING`. */
export async function openRepository(
  root: string,
  options: Omit<OpenOptions, "formatters"> & { readonly writeable?: boolean } = {},
): Promise<Butler> {
  const { formatters } = await import("./runtime.ts");
  return openCatalogue(root, { ...options, formatters });
}
