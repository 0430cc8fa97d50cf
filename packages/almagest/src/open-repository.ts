import { existsSync } from "node:fs";
import { join } from "node:path";
import { AlmagestError } from "@almagest/base";
import { type Butler, openButler } from "@almagest/butler";
import { formatters } from "./runtime.ts";

/** Opens the repository at `root` with every formatter Almagest knows. Throws `ALMAGEST.REPOSITORY_MISSING`. */
export async function openRepository(
  root: string,
  options: {
    readonly writeable?: boolean;
    readonly collections?: readonly string[];
    readonly run?: string;
  } = {},
): Promise<Butler> {
  if (!existsSync(join(root, "butler.yaml"))) {
    throw new AlmagestError(
      "ALMAGEST.REPOSITORY_MISSING",
      `No butler.yaml in '${root}'. Give the root of a repository, or make one: almagest butler create ${root}`,
      { fields: { root } },
    );
  }
  return openButler(root, {
    formatters,
    readOnly: !options.writeable,
    ...(options.collections === undefined ? {} : { collections: options.collections }),
    ...(options.run === undefined ? {} : { run: options.run }),
  });
}
