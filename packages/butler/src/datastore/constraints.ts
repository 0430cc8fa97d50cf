import { AlmagestError } from "@almagest/base";
import type { DimensionGroup } from "../dimensions/dimension-group.ts";
import type { DataId, DatasetType } from "../types.ts";
import { instrumentOf, sameDimensions } from "./lookup.ts";

/** Which datasets a datastore takes. */
export interface Constraints {
  accepts(type: DatasetType, group: DimensionGroup, dataId: DataId): boolean;
}

/** An entry of a list: a dataset type, dimensions (`a+b`), storage class or `all`, for one instrument or any. */
interface Entry {
  readonly name: string;
  readonly instrument?: string;
}

const ALL = "all";

function parseEntries(list: unknown, where: string): Entry[] {
  if (list === undefined || list === null) return [];
  return [list].flat().flatMap((item: unknown): Entry[] => {
    if (typeof item === "string") return [{ name: item }];
    if (typeof item === "object" && item !== null) {
      return Object.entries(item).flatMap(([key, inner]) => {
        const instrument = /^instrument<(.+)>$/.exec(key)?.[1];
        if (instrument === undefined) throw invalid(where, key);
        return [inner].flat().map((name) => ({ name: String(name), instrument }));
      });
    }
    throw invalid(where, String(item));
  });
}

function invalid(where: string, entry: string): AlmagestError {
  return new AlmagestError(
    "BUTLER.REPOSITORY_INVALID",
    `${where}: the constraint '${entry}' is neither a name nor a list for instrument<NAME>.`,
    { fields: { entry } },
  );
}

/**
 * Constraints as `butler.yaml` has them (`accept` and `reject`): what is named counts before `all`, accepting before
 * rejecting, and a list of what is accepted excludes all else. Throws `BUTLER.REPOSITORY_INVALID`.
 */
export function parseConstraints(tree: Readonly<Record<string, unknown>>, where: string): Constraints {
  const accept = parseEntries(tree.accept, where);
  const reject = parseEntries(tree.reject, where);
  const isAll = ({ name, instrument }: Entry): boolean => name === ALL && instrument === undefined;
  if (accept.some(isAll) && reject.some(isAll)) throw invalid(where, "all, both accepted and rejected");
  return {
    accepts(type, group, dataId) {
      const own = instrumentOf(dataId);
      const isMeant = ({ name, instrument }: Entry): boolean =>
        (instrument === undefined || instrument === own) &&
        (name === type.name ||
          name === type.storageClass ||
          (name.includes("+") && sameDimensions(name.split("+"), group)));
      const isAny = ({ name, instrument }: Entry): boolean =>
        name === ALL && (instrument === undefined || instrument === own);
      if (accept.some(isMeant)) return true;
      if (reject.some(isMeant) || reject.some(isAny)) return false;
      return accept.length === 0 || accept.some(isAny);
    },
  };
}
