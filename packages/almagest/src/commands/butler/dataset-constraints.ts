import type { Butler, DatasetConstraint } from "@almagest/butler";

/** For each dataset type of `--datasets` the collections of `--collections` that may hold it; empty when none does. */
export async function datasetConstraints(
  butler: Butler,
  globs: readonly string[],
  collections: readonly string[],
): Promise<DatasetConstraint[]> {
  const types = await butler.queryDatasetTypes(globs);
  const infos = await butler.queryCollections(collections, { flatten: true });
  const summaries = await butler.summarizeCollections(infos.map((info) => info.name));
  return types.flatMap(({ name }) => {
    const holders = summaries
      .filter((summary) => summary.datasetTypes.includes(name))
      .map((summary) => summary.name);
    return holders.length === 0 ? [] : [{ datasetType: name, collections: holders }];
  });
}

/** Dimensions that all types of `--datasets` have. */
export async function commonDimensions(butler: Butler, globs: readonly string[]): Promise<string[]> {
  const [first, ...rest] = await butler.queryDatasetTypes(globs);
  const names = (dimensions: readonly string[]): readonly string[] =>
    butler.universe.completeGroup(dimensions).names;
  return names(first?.dimensions ?? []).filter((name) =>
    rest.every((type) => names(type.dimensions).includes(name)),
  );
}
