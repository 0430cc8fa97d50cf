import type { FormatterRegistry } from "@almagest/butler";
import { RAW_FORMATTER } from "@almagest/instruments";
import { commandTask, createStandardFormatters, createTaskTable, type TaskTable } from "@almagest/pipeline";
import {
  biasCombineTask,
  calibrateImageTask,
  coaddSourcesTask,
  darkCombineTask,
  deepCoaddTask,
  defectsTask,
  directWarpTask,
  flatCombineTask,
  forcedObjectsTask,
  isrTask,
  mergeObjectsTask,
  objectTableTask,
  visitSummaryTask,
} from "@almagest/tasks";
import { adoptImageTask } from "./process/adopt-image-task.ts";
import { tiedWarpTask } from "./process/tied-warp-task.ts";

/** Every task that Almagest can run, by its own name and the names in Rubin's pipeline files. To add one, list it here. */
export const tasks: TaskTable = createTaskTable([
  isrTask,
  biasCombineTask,
  darkCombineTask,
  flatCombineTask,
  defectsTask,
  calibrateImageTask,
  visitSummaryTask,
  directWarpTask,
  deepCoaddTask,
  coaddSourcesTask,
  mergeObjectsTask,
  forcedObjectsTask,
  objectTableTask,
  adoptImageTask,
  tiedWarpTask,
  commandTask,
]);

/** Every formatter: what reads and writes each kind of dataset. */
export const formatters: FormatterRegistry = createStandardFormatters({
  datasetTypes: new Map([["raw", RAW_FORMATTER]]),
});

/** URL of this module: what worker threads import. */
export const RUNTIME_URL: string = import.meta.url;
