// Bundles the pilot into the one file that is shipped to workers: packages/workload/assets/pilot.mjs. It is committed;
// packages/workload/src/pilot/pilot-file.test.ts fails when it is not what its sources give.
import { join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");

/** The bundle's text. Node 20 and newer run it, from an empty folder. */
export async function bundlePilot() {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ["packages/workload/src/pilot/pilot-main.ts"],
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    write: false,
    legalComments: "none",
    banner: {
      js: "#!/usr/bin/env node\n// Almagest's pilot. Made by scripts/build-pilot.mjs; change its sources instead.",
    },
  });
  return outputFiles[0].text;
}

if (process.argv[1] === import.meta.filename) {
  const { writeFileSync } = await import("node:fs");
  writeFileSync(join(root, "packages/workload/assets/pilot.mjs"), await bundlePilot(), { mode: 0o755 });
}
