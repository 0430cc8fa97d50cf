import { UNIVERSE_8 } from "../dimensions/universe-8.ts";
import type { ColumnConfig, ElementConfig, UniverseConfig } from "../dimensions/universe-config.ts";

type Elements = Record<string, ElementConfig>;

/** Metadata as universe 8 has them, for names that it knows. */
function columnsOf(element: string, ...names: string[]): ColumnConfig[] {
  return (UNIVERSE_8.elements[element]!.metadata ?? []).filter(({ name }) => names.includes(name));
}

/** An element with more metadata, in the order of universe 8; what that does not know comes last. */
function withMetadata(elements: Elements, element: string, added: readonly ColumnConfig[]): ElementConfig {
  const order = (UNIVERSE_8.elements[element]!.metadata ?? []).map(({ name }) => name);
  const rank = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);
  const metadata = [...(elements[element]!.metadata ?? []), ...added];
  return { ...elements[element], metadata: metadata.sort((a, b) => rank(a.name) - rank(b.name)) };
}

function withoutMetadata(element: ElementConfig, ...names: string[]): ElementConfig {
  return { ...element, metadata: (element.metadata ?? []).filter(({ name }) => !names.includes(name)) };
}

const withElements = (config: UniverseConfig, changed: Elements): UniverseConfig => ({
  ...config,
  elements: { ...config.elements, ...changed },
});

/** Which parts of a configuration each version of the dimensions brought (`daf_butler`, versions 1 to 8). Whatever a
 * repository added of its own is kept. */
const STEPS: readonly ((config: UniverseConfig, elements: Elements) => UniverseConfig)[] = [
  (config) => ({
    ...config,
    namespace: config.namespace ?? "daf_butler",
    skypix: { ...config.skypix, healpix: UNIVERSE_8.skypix.healpix! },
  }),
  (config, elements) =>
    withElements(config, {
      instrument: withMetadata(elements, "instrument", columnsOf("instrument", "visit_system")),
      visit: {
        ...withMetadata(elements, "visit", columnsOf("visit", "seq_num", "azimuth")),
        implies: elements.visit!.implies!.filter((name) => name !== "visit_system"),
      },
      exposure: withMetadata(
        elements,
        "exposure",
        columnsOf("exposure", "seq_start", "seq_end", "azimuth", "has_simulated"),
      ),
      visit_definition: { requires: ["exposure", "visit"], always_join: true },
      visit_system_membership: { requires: ["visit", "visit_system"], always_join: true },
    }),
  (config, elements) => {
    const widened = (element: ElementConfig): ElementConfig => ({
      ...element,
      metadata: element.metadata!.map((item) =>
        item.name === "observation_reason" ? { ...item, length: 68 } : item,
      ),
    });
    return withElements(config, { visit: widened(elements.visit!), exposure: widened(elements.exposure!) });
  },
  (config, elements) =>
    withElements(
      config,
      Object.fromEntries(
        ["visit_detector_region", "visit_definition", "visit_system_membership"].map((name) => [
          name,
          { ...elements[name], populated_by: "visit" },
        ]),
      ),
    ),
  (config, elements) => {
    const [key, ...others] = elements.instrument!.keys!;
    const keys = [{ ...key!, length: 32 }, ...others];
    return withElements(config, { instrument: { ...elements.instrument, keys } });
  },
  (config, elements) => {
    const changed = withElements(config, {
      group: UNIVERSE_8.elements.group!,
      day_obs: UNIVERSE_8.elements.day_obs!,
      visit: {
        ...withoutMetadata(elements.visit!, "day_obs"),
        implies: [...elements.visit!.implies!, "day_obs"],
      },
      exposure: {
        ...withoutMetadata(elements.exposure!, "day_obs", "group_name", "group_id"),
        implies: [...elements.exposure!.implies!, "group", "day_obs"],
      },
    });
    const { temporal = {} } = config.topology;
    const spans = [...(temporal.observation_timespans ?? ["exposure", "visit"]), "day_obs"];
    return {
      ...changed,
      topology: { ...config.topology, temporal: { ...temporal, observation_timespans: spans } },
    };
  },
  (config, elements) =>
    withElements(config, {
      exposure: withMetadata(elements, "exposure", columnsOf("exposure", "can_see_sky")),
    }),
  (config) =>
    withElements(
      config,
      Object.fromEntries(
        ["ssp_hypothesis_table", "ssp_hypothesis_bundle", "ssp_balanced_index"].map((name) => [
          name,
          UNIVERSE_8.elements[name]!,
        ]),
      ),
    ),
];

/** Newest version of the dimensions that is known. */
export const NEWEST_UNIVERSE: number = STEPS.length;

/** The configuration one version on; its own version must be less than `NEWEST_UNIVERSE`. */
export function nextUniverse(config: UniverseConfig): UniverseConfig {
  const changed = STEPS[config.version]!(config, { ...config.elements });
  return { ...changed, version: config.version + 1 };
}
