// The two promises of the main job that are measured beside other programs; they live with what they measure.
import type { Bar } from "../../scripts/bar.ts";
import { bars as measurement } from "../measure/source-extractor.ts";
import { bars as warp } from "../warp/warp-vs-swarp.ts";

export const bars: Bar[] = [...measurement, ...warp];
