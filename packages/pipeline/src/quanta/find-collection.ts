import { isAlmagestError } from "@almagest/base";
import type { Butler, CollectionInfo } from "@almagest/butler";

/** The collection of a name, or undefined when there is none. */
export async function findCollection(
  butler: Pick<Butler, "getCollection">,
  name: string,
): Promise<CollectionInfo | undefined> {
  try {
    return await butler.getCollection(name);
  } catch (error) {
    if (isAlmagestError(error, "BUTLER.COLLECTION_MISSING")) return undefined;
    throw error;
  }
}
