import type { UniverseConfig } from "./universe-config.ts";

/** Universe 8 of namespace `daf_butler`: what new repositories use. Stored as `config:dimensions.json`. */
export const UNIVERSE_8: UniverseConfig = {
  version: 8,
  namespace: "daf_butler",
  skypix: {
    common: "htm7",
    htm: {
      class: "lsst.sphgeom.HtmPixelization",
      max_level: 24,
    },
    healpix: {
      class: "lsst.sphgeom.HealpixPixelization",
      max_level: 17,
    },
  },
  elements: {
    band: {
      keys: [
        {
          name: "name",
          type: "string",
          length: 32,
        },
      ],
      is_cached: true,
      implied_union_target: "physical_filter",
    },
    instrument: {
      keys: [
        {
          name: "name",
          type: "string",
          length: 32,
        },
      ],
      metadata: [
        {
          name: "visit_max",
          type: "int",
        },
        {
          name: "visit_system",
          type: "int",
        },
        {
          name: "exposure_max",
          type: "int",
        },
        {
          name: "detector_max",
          type: "int",
        },
        {
          name: "class_name",
          type: "string",
          length: 64,
        },
      ],
      governor: true,
    },
    skymap: {
      keys: [
        {
          name: "name",
          type: "string",
          length: 64,
        },
        {
          name: "hash",
          type: "hash",
          nbytes: 40,
        },
      ],
      metadata: [
        {
          name: "tract_max",
          type: "int",
        },
        {
          name: "patch_nx_max",
          type: "int",
        },
        {
          name: "patch_ny_max",
          type: "int",
        },
      ],
      governor: true,
    },
    ssp_hypothesis_table: {
      keys: [
        {
          name: "name",
          type: "string",
          length: 64,
        },
      ],
    },
    day_obs: {
      keys: [
        {
          name: "id",
          type: "int",
        },
      ],
      requires: ["instrument"],
    },
    detector: {
      keys: [
        {
          name: "id",
          type: "int",
        },
        {
          name: "full_name",
          type: "string",
          length: 32,
        },
      ],
      metadata: [
        {
          name: "name_in_raft",
          type: "string",
          length: 32,
        },
        {
          name: "raft",
          type: "string",
          length: 32,
        },
        {
          name: "purpose",
          type: "string",
          length: 32,
        },
      ],
      requires: ["instrument"],
      is_cached: true,
    },
    group: {
      keys: [
        {
          name: "name",
          type: "string",
          length: 64,
        },
      ],
      requires: ["instrument"],
    },
    physical_filter: {
      keys: [
        {
          name: "name",
          type: "string",
          length: 32,
        },
      ],
      requires: ["instrument"],
      implies: ["band"],
      is_cached: true,
    },
    ssp_balanced_index: {
      keys: [
        {
          name: "id",
          type: "int",
        },
      ],
      requires: ["ssp_hypothesis_table"],
    },
    ssp_hypothesis_bundle: {
      keys: [
        {
          name: "id",
          type: "int",
        },
      ],
      requires: ["ssp_hypothesis_table"],
    },
    subfilter: {
      keys: [
        {
          name: "id",
          type: "int",
        },
      ],
      requires: ["band"],
      is_cached: true,
    },
    tract: {
      keys: [
        {
          name: "id",
          type: "int",
        },
      ],
      requires: ["skymap"],
    },
    visit_system: {
      keys: [
        {
          name: "id",
          type: "int",
        },
        {
          name: "name",
          type: "string",
          length: 32,
        },
      ],
      requires: ["instrument"],
      is_cached: true,
    },
    exposure: {
      keys: [
        {
          name: "id",
          type: "int",
        },
        {
          name: "obs_id",
          type: "string",
          length: 64,
        },
      ],
      metadata: [
        {
          name: "exposure_time",
          type: "float",
        },
        {
          name: "dark_time",
          type: "float",
        },
        {
          name: "observation_type",
          type: "string",
          length: 16,
        },
        {
          name: "observation_reason",
          type: "string",
          length: 68,
        },
        {
          name: "seq_num",
          type: "int",
        },
        {
          name: "seq_start",
          type: "int",
        },
        {
          name: "seq_end",
          type: "int",
        },
        {
          name: "target_name",
          type: "string",
          length: 64,
        },
        {
          name: "science_program",
          type: "string",
          length: 64,
        },
        {
          name: "tracking_ra",
          type: "float",
        },
        {
          name: "tracking_dec",
          type: "float",
        },
        {
          name: "sky_angle",
          type: "float",
        },
        {
          name: "azimuth",
          type: "float",
        },
        {
          name: "zenith_angle",
          type: "float",
        },
        {
          name: "has_simulated",
          type: "bool",
        },
        {
          name: "can_see_sky",
          type: "bool",
        },
      ],
      requires: ["instrument"],
      implies: ["day_obs", "group", "physical_filter"],
    },
    patch: {
      keys: [
        {
          name: "id",
          type: "int",
        },
      ],
      metadata: [
        {
          name: "cell_x",
          type: "int",
        },
        {
          name: "cell_y",
          type: "int",
        },
      ],
      requires: ["skymap", "tract"],
    },
    visit: {
      keys: [
        {
          name: "id",
          type: "int",
        },
        {
          name: "name",
          type: "string",
          length: 64,
        },
      ],
      metadata: [
        {
          name: "seq_num",
          type: "int",
        },
        {
          name: "exposure_time",
          type: "float",
        },
        {
          name: "target_name",
          type: "string",
          length: 64,
        },
        {
          name: "observation_reason",
          type: "string",
          length: 68,
        },
        {
          name: "science_program",
          type: "string",
          length: 64,
        },
        {
          name: "azimuth",
          type: "float",
        },
        {
          name: "zenith_angle",
          type: "float",
        },
      ],
      requires: ["instrument"],
      implies: ["day_obs", "physical_filter"],
    },
    visit_definition: {
      requires: ["instrument", "exposure", "visit"],
      always_join: true,
      populated_by: "visit",
    },
    visit_detector_region: {
      requires: ["instrument", "detector", "visit"],
      populated_by: "visit",
    },
    visit_system_membership: {
      requires: ["instrument", "visit_system", "visit"],
      always_join: true,
      populated_by: "visit",
    },
  },
  topology: {
    spatial: {
      observation_regions: ["visit_detector_region", "visit"],
      skymap_regions: ["patch", "tract"],
    },
    temporal: {
      observation_timespans: ["exposure", "visit", "day_obs"],
    },
  },
};
