import { once } from "node:events";
import { openButler } from "../../packages/butler/src/index.ts";

// Run as a program by the bars on faults and load: puts datasets one after the other and says each id once it is stored, having said
// that it is ready and been sent a line.
// Arguments: repository, run, first visit, count, `parallel` puts at a time.
if (process.argv[1] === import.meta.filename) {
  const [root, run, first, count, parallel] = process.argv.slice(2) as [
    string,
    string,
    string,
    string,
    string,
  ];
  await using butler = await openButler(root, { run });
  console.log("ready");
  await once(process.stdin, "data");
  const put = async (index: number): Promise<void> => {
    const dataId = {
      instrument: "Cam",
      visit: Number(first) + Math.floor(index / 100),
      detector: index % 100,
    };
    const start = performance.now();
    const ref = await butler.put({ index, text: "x".repeat(200) }, "vd", dataId);
    console.log(`${ref.id} ${index} ${Math.round(performance.now() - start)}`);
  };
  for (let index = 0; index < Number(count); index += Number(parallel)) {
    const batch = Array.from({ length: Number(parallel) }, (_, offset) => put(index + offset));
    await Promise.all(batch);
  }
  process.stdin.destroy();
}
