import { runBars } from "./bars.mjs";

await runBars("interop");
