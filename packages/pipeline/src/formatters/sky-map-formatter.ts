import { readFile, writeFile } from "node:fs/promises";
import { AlmagestError, canonicalJson, parseJson } from "@almagest/base";
import type { Formatter } from "@almagest/butler";
import { createSkyMap, type SkyMap, type SkyMapConfig } from "@almagest/sphere";

/** Sky maps: their name and configuration, from which tracts and patches follow. */
export const skyMapFormatter: Formatter<SkyMap> = {
  name: "almagest.formatters.SkyMapFormatter",
  extension: ".json",
  write: ({ name, config }, path) => writeFile(path, `${canonicalJson({ name, config })}\n`),
  async read(path) {
    const { name, config } = parseJson(await readFile(path, "utf8")) as { name?: unknown; config?: unknown };
    if (typeof name !== "string" || typeof config !== "object" || config === null) {
      throw new AlmagestError("PIPELINE.FORMAT_INVALID", `${path} is not a stored sky map.`, { fields: { path } });
    }
    return createSkyMap(name, config as SkyMapConfig);
  },
};
