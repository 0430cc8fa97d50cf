import { readFile, writeFile } from "node:fs/promises";
import { AlmagestError, canonicalJson, parseJson } from "@almagest/base";
import type { Formatter } from "@almagest/butler";
import { createSkyMap, type SkyMap, type SkyMapConfig } from "@almagest/sphere";
import { PLAIN_JSON } from "./plain-json.ts";

/** Sky maps: their name and configuration, from which tracts and patches follow. */
export const skyMapFormatter: Formatter<SkyMap> = {
  ...PLAIN_JSON,
  write: ({ config }, path) => writeFile(path, `${canonicalJson(config)}\n`),
  async read(path) {
    const config: unknown = parseJson(await readFile(path, "utf8"));
    if (typeof config !== "object" || config === null || !("kind" in config)) {
      throw new AlmagestError("PIPELINE.FORMAT_INVALID", `${path} is not a stored sky map.`, {
        fields: { path },
      });
    }
    return createSkyMap(config as SkyMapConfig);
  },
};
