import { AlmagestError } from "@almagest/base";
import type { Butler } from "./butler.ts";
import type { FormatterRegistry } from "./formatter-registry.ts";

/** How to open a repository. */
export interface OpenOptions {
  readonly formatters?: FormatterRegistry;
  /** Collections searched when a call names none. */
  readonly collections?: string | readonly string[];
  /** Run written to when a call names none; made if absent, and searched first when no collections are given. */
  readonly run?: string;
  /** Refuse every write; true when no run is given and `writeable` is not set. */
  readonly readOnly?: boolean;
}

/** Opens the repository at a path. Throws `BUTLER.REPOSITORY_MISSING`, `BUTLER.REPOSITORY_VERSION`. */
export async function openButler(root: string, _options: OpenOptions = {}): Promise<Butler> {
  throw new AlmagestError("BUTLER.REPOSITORY_MISSING", `No repository at ${root}.`);
}
