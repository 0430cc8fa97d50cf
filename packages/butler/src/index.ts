/** @module What data exist: dimensions, collections, datasets and their files, in the schema of `lsst.daf.butler`. */
export type {
  CollectionApi,
  CollectionInfo,
  CollectionSummary,
  DatasetAssociation,
} from "./api/collection-api.ts";
export type {
  DatasetApi,
  GetOptions,
  IdMode,
  IngestFile,
  IngestMode,
  LocatedDataset,
  OutputRecord,
} from "./api/dataset-api.ts";
export type {
  BindValue,
  DataIdQueryOptions,
  DataIdTable,
  DatasetConstraint,
  DatasetQueryOptions,
  ExplainRequest,
  QueryApi,
  QueryExplanation,
  QueryOptions,
  QueryValue,
  RowQuery,
} from "./api/query-api.ts";
export type { RecordApi } from "./api/record-api.ts";
export type {
  CheckOptions,
  CheckReport,
  ConfigurationProblem,
  ExportOptions,
  ImportOptions,
  ImportReport,
  TransferApi,
  ValidateOptions,
} from "./api/transfer-api.ts";
export type { Butler } from "./butler.ts";
export { type CreateOptions, createRepository, type Journal } from "./create-repository.ts";
export { deterministicDatasetId } from "./datasets/deterministic-id.ts";
export { readZipMember, type ZipMemberPath, zipMemberOf } from "./datastore/zip-member.ts";
export type { DimensionColumn, DimensionElement } from "./dimensions/dimension-element.ts";
export {
  createUniverse,
  type DimensionGroup,
  type ExpandedDataId,
  type Universe,
} from "./dimensions/universe.ts";
export type { UniverseConfig } from "./dimensions/universe-config.ts";
export { BUTLER_ERRORS } from "./errors.ts";
export {
  createFormatterRegistry,
  type FormatterEntries,
  type FormatterRegistry,
  formatterOf,
} from "./formatter-registry.ts";
export { tablePart } from "./formatters/table-part.ts";
export {
  MIGRATIONS,
  openForMigration,
  planMigrations,
  runMigration,
  targetRevision,
} from "./migrations/migrate-repository.ts";
export { type Migration, type MigrationContext, TREES } from "./migrations/migration.ts";
export { revisionOf } from "./migrations/revision.ts";
export { readSchemaVersions, type SchemaVersion } from "./migrations/schema-version.ts";
export { type DayObsReport, updateDayObs } from "./migrations/update-day-obs.ts";
export { type OpenOptions, openButler } from "./open-butler.ts";
export {
  type DatastoreRecords,
  type DatastoreRecordsModel,
  formatDatastoreRecords,
  parseDatastoreRecords,
} from "./quantum/datastore-records.ts";
export {
  describeQuantum,
  openQuantumButler,
  type PredictedDataset,
  type QuantumSource,
} from "./quantum/describe-quantum.ts";
export { type IngestWrittenOptions, ingestWritten } from "./quantum/ingest-written.ts";
export { createQuantumButler, type QuantumButler, type QuantumDescription } from "./quantum-butler.ts";
export { openRemoteButler, type RemoteOptions } from "./remote/remote-butler.ts";
export { effectiveConfig } from "./repository/butler-config.ts";
export { type IngestZipOptions, ingestZip } from "./transfer/ingest-zip.ts";
export { retrieveZip } from "./transfer/retrieve-zip.ts";
export { type TransferOptions, transferDatasets } from "./transfer/transfer-datasets.ts";
export type {
  CollectionKind,
  DataId,
  DataIdValue,
  DatasetRef,
  DatasetType,
  DimensionRecord,
  Formatter,
  ReadOptions,
  Timespan,
} from "./types.ts";
