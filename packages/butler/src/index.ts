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
