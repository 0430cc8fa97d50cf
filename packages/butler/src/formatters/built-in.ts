import type { Formatter } from "../types.ts";
import { createBytesFormatter } from "./bytes-formatter.ts";
import { ecsvFormatter } from "./ecsv-formatter.ts";
import { createJsonFormatter } from "./json-formatter.ts";
import { parquetFormatter } from "./parquet-formatter.ts";
import { yamlFormatter } from "./yaml-formatter.ts";

const PYTHON = "lsst.daf.butler.formatters";

const json = createJsonFormatter(`${PYTHON}.json.JsonFormatter`);
const logs = createJsonFormatter(`${PYTHON}.logs.ButlerLogRecordsFormatter`);
const packages: Formatter = { ...yamlFormatter, name: `${PYTHON}.packages.PackagesFormatter` };
const file = createBytesFormatter(`${PYTHON}.file.FileFormatter`, "");
const plot = createBytesFormatter(`${PYTHON}.matplotlib.MatplotlibFormatter`, ".png");

/** What the same classes were called in repositories of earlier years, before their modules were renamed. */
const FORMER_NAMES: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  [
    ["json.JsonFormatter", "jsonFormatter.JsonFormatter"],
    ["yaml.YamlFormatter", "yamlFormatter.YamlFormatter"],
    ["parquet.ParquetFormatter", "parquetFormatter.ParquetFormatter"],
    ["file.FileFormatter", "fileFormatter.FileFormatter"],
    ["matplotlib.MatplotlibFormatter", "matplotlibFormatter.MatplotlibFormatter"],
    ["logs.ButlerLogRecordsFormatter", "logsFormatter.ButlerLogRecordsFormatter"],
    ["astropyTable.AstropyTableFormatter", "astropyTableFormatter.AstropyTableFormatter"],
    ["packages.PackagesFormatter", "packagesFormatter.PackagesFormatter"],
  ].map(([now, before]) => [`${PYTHON}.${now}`, [`${PYTHON}.${before}`]]),
);

/** Formatters this room brings, by the Python class name stored with files. */
export const BUILT_IN_FORMATTERS: ReadonlyMap<string, Formatter> = new Map<string, Formatter>(
  [
    json,
    logs,
    packages,
    file,
    plot,
    yamlFormatter,
    parquetFormatter as Formatter,
    ecsvFormatter as Formatter,
  ].flatMap((formatter): [string, Formatter][] =>
    [formatter.name, ...(FORMER_NAMES[formatter.name] ?? [])].map((name) => [name, formatter]),
  ),
);

/** Which of them writes a storage class. */
export const BUILT_IN_STORAGE_CLASSES: ReadonlyMap<string, Formatter> = new Map<string, Formatter>([
  ["StructuredDataDict", yamlFormatter],
  ["StructuredDataList", yamlFormatter],
  ["PropertyList", yamlFormatter],
  ["PropertySet", yamlFormatter],
  ["ExposureSummaryStats", yamlFormatter],
  ["MetricValue", yamlFormatter],
  ["int", json],
  ["TaskMetadata", json],
  ["MetricMeasurementBundle", json],
  ["Timespan", json],
  ["RegionTimeInfo", json],
  ["VisitBackgroundModel", json],
  ["VisitGeometry", json],
  ["Config", json],
  ["ButlerLogRecords", logs],
  ["Packages", packages],
  ["Plot", plot],
  ["ArrowTable", parquetFormatter as Formatter],
  ["ArrowAstropy", parquetFormatter as Formatter],
  ["ArrowNumpy", parquetFormatter as Formatter],
  ["ArrowNumpyDict", parquetFormatter as Formatter],
  ["DataFrame", parquetFormatter as Formatter],
  ["AstropyTable", ecsvFormatter as Formatter],
  ["AstropyQTable", ecsvFormatter as Formatter],
]);
