import type { Formatter } from "@almagest/butler";

/** How documents of ours are stored whose Python classes live in the science pipelines: as JSON under the original's own
 * formatter, so that Python can import, move and export the files, and read them as JSON by their URI. */
export const PLAIN_JSON: Pick<Formatter, "name" | "extension"> = {
  name: "lsst.daf.butler.formatters.json.JsonFormatter",
  extension: ".json",
};
