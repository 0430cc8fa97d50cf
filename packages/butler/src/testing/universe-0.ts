import type { UniverseConfig } from "../dimensions/universe-config.ts";

/** Version 0 of the dimensions as repositories of 2020 to 2022 store it, without its comments. */
export const UNIVERSE_0: UniverseConfig = {
  version: 0,
  skypix: { common: "htm7", htm: { class: "lsst.sphgeom.HtmPixelization", max_level: 24 } },
  elements: {
    instrument: {
      keys: [{ name: "name", type: "string", length: 16 }],
      metadata: [
        { name: "visit_max", type: "int" },
        { name: "exposure_max", type: "int" },
        { name: "detector_max", type: "int" },
        { name: "class_name", type: "string", length: 64 },
      ],
      governor: true,
      storage: { cls: "lsst.daf.butler.registry.dimensions.governor.BasicGovernorDimensionRecordStorage" },
    },
    band: {
      keys: [{ name: "name", type: "string", length: 32 }],
      storage: {
        cls: "lsst.daf.butler.registry.dimensions.caching.CachingDimensionRecordStorage",
        nested: {
          cls: "lsst.daf.butler.registry.dimensions.query.QueryDimensionRecordStorage",
          view_of: "physical_filter",
        },
      },
    },
    physical_filter: {
      keys: [{ name: "name", type: "string", length: 32 }],
      requires: ["instrument"],
      implies: ["band"],
      storage: {
        cls: "lsst.daf.butler.registry.dimensions.caching.CachingDimensionRecordStorage",
        nested: { cls: "lsst.daf.butler.registry.dimensions.table.TableDimensionRecordStorage" },
      },
    },
    subfilter: {
      keys: [{ name: "id", type: "int" }],
      requires: ["band"],
      storage: {
        cls: "lsst.daf.butler.registry.dimensions.caching.CachingDimensionRecordStorage",
        nested: { cls: "lsst.daf.butler.registry.dimensions.table.TableDimensionRecordStorage" },
      },
    },
    detector: {
      keys: [
        { name: "id", type: "int" },
        { name: "full_name", type: "string", length: 32 },
      ],
      requires: ["instrument"],
      metadata: [
        { name: "name_in_raft", type: "string", length: 32 },
        { name: "raft", type: "string", length: 32 },
        { name: "purpose", type: "string", length: 32 },
      ],
      storage: {
        cls: "lsst.daf.butler.registry.dimensions.caching.CachingDimensionRecordStorage",
        nested: { cls: "lsst.daf.butler.registry.dimensions.table.TableDimensionRecordStorage" },
      },
    },
    visit: {
      keys: [
        { name: "id", type: "int" },
        { name: "name", type: "string", length: 64 },
      ],
      requires: ["instrument"],
      implies: ["physical_filter", "visit_system"],
      metadata: [
        { name: "day_obs", type: "int" },
        { name: "exposure_time", type: "float" },
        { name: "target_name", type: "string", length: 64 },
        { name: "observation_reason", type: "string", length: 32 },
        { name: "science_program", type: "string", length: 64 },
        { name: "zenith_angle", type: "float" },
      ],
      storage: { cls: "lsst.daf.butler.registry.dimensions.table.TableDimensionRecordStorage" },
    },
    exposure: {
      keys: [
        { name: "id", type: "int" },
        { name: "obs_id", type: "string", length: 64 },
      ],
      requires: ["instrument"],
      implies: ["physical_filter"],
      metadata: [
        { name: "exposure_time", type: "float" },
        { name: "dark_time", type: "float" },
        { name: "observation_type", type: "string", length: 16 },
        { name: "observation_reason", type: "string", length: 32 },
        { name: "day_obs", type: "int" },
        { name: "seq_num", type: "int" },
        { name: "group_name", type: "string", length: 64 },
        { name: "group_id", type: "int" },
        { name: "target_name", type: "string", length: 64 },
        { name: "science_program", type: "string", length: 64 },
        { name: "tracking_ra", type: "float" },
        { name: "tracking_dec", type: "float" },
        { name: "sky_angle", type: "float" },
        { name: "zenith_angle", type: "float" },
      ],
      storage: { cls: "lsst.daf.butler.registry.dimensions.table.TableDimensionRecordStorage" },
    },
    skymap: {
      keys: [
        { name: "name", type: "string", length: 64 },
        { name: "hash", type: "hash", nbytes: 40 },
      ],
      metadata: [
        { name: "tract_max", type: "int" },
        { name: "patch_nx_max", type: "int" },
        { name: "patch_ny_max", type: "int" },
      ],
      governor: true,
      storage: { cls: "lsst.daf.butler.registry.dimensions.governor.BasicGovernorDimensionRecordStorage" },
    },
    tract: {
      keys: [{ name: "id", type: "int" }],
      requires: ["skymap"],
      storage: { cls: "lsst.daf.butler.registry.dimensions.table.TableDimensionRecordStorage" },
    },
    patch: {
      keys: [{ name: "id", type: "int" }],
      requires: ["skymap", "tract"],
      metadata: [
        { name: "cell_x", type: "int", nullable: false },
        { name: "cell_y", type: "int", nullable: false },
      ],
      storage: { cls: "lsst.daf.butler.registry.dimensions.table.TableDimensionRecordStorage" },
    },
    visit_detector_region: {
      requires: ["visit", "detector"],
      storage: { cls: "lsst.daf.butler.registry.dimensions.table.TableDimensionRecordStorage" },
    },
    visit_system: {
      keys: [
        { name: "id", type: "int" },
        { name: "name", type: "string", length: 32 },
      ],
      requires: ["instrument"],
      storage: {
        cls: "lsst.daf.butler.registry.dimensions.caching.CachingDimensionRecordStorage",
        nested: { cls: "lsst.daf.butler.registry.dimensions.table.TableDimensionRecordStorage" },
      },
    },
    visit_definition: {
      requires: ["exposure", "visit_system"],
      implies: ["visit"],
      always_join: true,
      storage: { cls: "lsst.daf.butler.registry.dimensions.table.TableDimensionRecordStorage" },
    },
  },
  topology: {
    spatial: { observation_regions: ["visit_detector_region", "visit"], skymap_regions: ["patch", "tract"] },
    temporal: { observation_timespans: ["exposure", "visit"] },
  },
};
