import { AlmagestError, isAlmagestError } from "@almagest/base";
import { type Butler, type OpenOptions, openButler, openRemoteButler } from "@almagest/butler";

function missing(root: string, cause: unknown): AlmagestError {
  return new AlmagestError(
    "ALMAGEST.REPOSITORY_MISSING",
    `No butler.yaml in '${root}'. Give the root of a repository, or make one: almagest butler create ${root}`,
    { cause, fields: { root } },
  );
}

/** Opens a repository for commands that read and write what is known of datasets, not their contents: without the tasks,
 * instruments and formatters, which take longer to load than most queries. A root that is a URL is a Butler server, asked with
 * the token in ALMAGEST_BUTLER_TOKEN. Throws `ALMAGEST.REPOSITORY_MISSING`. */
export async function openCatalogue(
  root: string,
  options: OpenOptions & { readonly writeable?: boolean } = {},
): Promise<Butler> {
  const { writeable = false, ...rest } = options;
  if (/^https?:\/\//.test(root)) {
    const { readOnly: _readOnly, ...remote } = rest;
    const token = process.env.ALMAGEST_BUTLER_TOKEN;
    return openRemoteButler({ url: root, ...remote, ...(token === undefined ? {} : { token }) });
  }
  try {
    return await openButler(root, { ...rest, readOnly: !writeable });
  } catch (error) {
    if (isAlmagestError(error, "BUTLER.REPOSITORY_MISSING")) throw missing(root, error);
    throw error;
  }
}
