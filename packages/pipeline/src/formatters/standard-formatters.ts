import {
  createFormatterRegistry,
  type Formatter,
  type FormatterEntries,
  type FormatterRegistry,
} from "@almagest/butler";
import { backgroundFormatter } from "./background-formatter.ts";
import { cameraFormatter, defectsFormatter } from "./camera-formatter.ts";
import { configFormatter } from "./config-formatter.ts";
import { exposureFormatter } from "./exposure-formatter.ts";
import { imageFormatter } from "./image-formatter.ts";
import { jsonFormatter } from "./json-formatter.ts";
import { logFormatter } from "./log-formatter.ts";
import { packagesFormatter } from "./packages-formatter.ts";
import { PYTHON_NAMES } from "./python-names.ts";
import { skyMapFormatter } from "./sky-map-formatter.ts";

// A table of formatters erases what each of them writes.
const erase = (formatter: unknown): Formatter => formatter as Formatter;

const STORAGE_CLASSES: ReadonlyMap<string, Formatter> = new Map<string, Formatter>([
  ["ExposureF", erase(exposureFormatter)],
  ["Exposure", erase(exposureFormatter)],
  ["ExposureI", erase(exposureFormatter)],
  ["ImageF", erase(imageFormatter)],
  ["ImageU", erase(imageFormatter)],
  ["ImageI", erase(imageFormatter)],
  ["Background", erase(backgroundFormatter)],
  ["Camera", erase(cameraFormatter)],
  ["Defects", erase(defectsFormatter)],
  ["SkyMap", erase(skyMapFormatter)],
  ["ButlerLogRecords", erase(logFormatter)],
  ["TaskMetadata", erase(jsonFormatter)],
  ["int", erase(jsonFormatter)],
  ["Config", erase(configFormatter)],
  ["Packages", erase(packagesFormatter)],
]);

/**
 * Formatters for every storage class that pipelines use: images, backgrounds, cameras, defects, sky maps, tables,
 * documents, and a run's own configuration, metadata, logs and versions. `more` adds to them or replaces some, such as the
 * readers of an instrument's raw files.
 */
export function createStandardFormatters(more: FormatterEntries = {}): FormatterRegistry {
  return createFormatterRegistry({
    storageClasses: new Map([...STORAGE_CLASSES, ...(more.storageClasses ?? [])]),
    names: new Map([...PYTHON_NAMES, ...(more.names ?? [])]),
    ...(more.datasetTypes ? { datasetTypes: more.datasetTypes } : {}),
    ...(more.instruments ? { instruments: more.instruments } : {}),
  });
}
