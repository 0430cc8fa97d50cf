import { openButler } from "../../packages/butler/src/index.ts";

// Run as a program by the memory bar: queries all references and prints the peak resident set in kilobytes.
if (process.argv[1] === import.meta.filename) {
  await using butler = await openButler(process.argv[2]!, { readOnly: true });
  const refs = await butler.queryDatasets("vd", { collections: "bulk" });
  if (refs.length === 0) throw new Error("no references");
  console.log(process.resourceUsage().maxRSS);
}
