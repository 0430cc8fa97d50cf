import { readFile, writeFile } from "node:fs/promises";
import { AlmagestError } from "@almagest/base";
import type { Formatter } from "@almagest/butler";
import { parse, stringify } from "yaml";

/** Versions of the software of a run, by package name. */
export type PackageVersions = Readonly<Record<string, string>>;

const TAG = "lsst.utils.packages.Packages";

/** Software versions as YAML under the tag that Rubin's stack gives them. */
export const packagesFormatter: Formatter<PackageVersions> = {
  name: "lsst.daf.butler.formatters.packages.PackagesFormatter",
  extension: ".yaml",
  async write(versions, path) {
    const sorted = Object.fromEntries(Object.entries(versions).sort(([a], [b]) => (a < b ? -1 : 1)));
    await writeFile(path, `!<${TAG}>\n${stringify(sorted)}`);
  },
  async read(path) {
    const value: unknown = parse(await readFile(path, "utf8"), { logLevel: "silent" });
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
    throw new AlmagestError("PIPELINE.FORMAT_INVALID", `${path} is not a list of package versions.`, {
      fields: { path },
    });
  },
};
