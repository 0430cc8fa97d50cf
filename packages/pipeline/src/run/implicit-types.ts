import type { DatasetType } from "@almagest/butler";

/** Name of the dataset type that holds a task's configuration, once per run. */
export const configTypeName = (label: string): string => `${label}_config`;
/** Name of the dataset type that holds the metadata of each quantum of a task. */
export const metadataTypeName = (label: string): string => `${label}_metadata`;
/** Name of the dataset type that holds the log of each quantum of a task. */
export const logTypeName = (label: string): string => `${label}_log`;
/** Name of the dataset type that holds the software versions of a run. */
export const PACKAGES_TYPE_NAME = "packages";

/** Storage class of the metadata of quanta. */
export const METADATA_CLASS = "TaskMetadata";

const withoutDimensions = (name: string, storageClass: string): DatasetType => ({
  name,
  dimensions: [],
  storageClass,
  isCalibration: false,
});

/** The dataset types every task has besides its own: configuration, metadata and log. */
export function implicitTypes(
  label: string,
  dimensions: readonly string[],
): { config: DatasetType; metadata: DatasetType; log: DatasetType } {
  const perQuantum = { dimensions, isCalibration: false };
  return {
    config: withoutDimensions(configTypeName(label), "Config"),
    metadata: { ...perQuantum, name: metadataTypeName(label), storageClass: METADATA_CLASS },
    log: { ...perQuantum, name: logTypeName(label), storageClass: "ButlerLogRecords" },
  };
}

/** The dataset type of a run's software versions. */
export const PACKAGES_TYPE: DatasetType = withoutDimensions(PACKAGES_TYPE_NAME, "Packages");
