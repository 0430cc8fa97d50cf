import type { PartSkeleton } from "./build-part.ts";
import type { Building } from "./building.ts";

/** Says which of the constraining inputs are not there at all. */
export async function explainEmpty(building: Building, skeleton: PartSkeleton): Promise<string> {
  const labels = skeleton.part.tasks.map(({ label }) => label).join(", ");
  const constraining = skeleton.part.datasetTypes
    .filter((type) => type.constrainsQuery)
    .map((type) => type.name);
  const missing: string[] = [];
  for (const name of constraining) {
    const known = (await building.source.queryDatasetTypes(name)).length > 0;
    const some = known
      ? await building.source.queryDatasets(name, {
          collections: building.inputs,
          findFirst: false,
          limit: 1,
        })
      : [];
    if (some.length === 0) missing.push(name);
  }
  const reason =
    missing.length > 0
      ? `there is no ${missing.join(", no ")} in ${building.inputs.join(", ")}`
      : `no data match ${building.where ? `"${building.where}"` : "(no data query)"} with ${constraining.join(", ") || "any records"} in ${building.inputs.join(", ")}`;
  return `${labels}: nothing to do, as ${reason}.`;
}
