import { existsSync } from "node:fs";
import { AlmagestError } from "@almagest/base";
import { readOperatorToken, readServerFile } from "../service/server-file.ts";
import { WorkloadClient } from "./workload-client.ts";

/** Where a service's folder is unless told. */
const DEFAULT_PLACE = "workload";

/**
 * The client of a server by its place: an address, or the folder of a running service, whose operator's token is used where
 * this user may read it. Without a place that of ALMAGEST_WORKLOAD, else `./workload`. ALMAGEST_TOKEN wins over the folder's
 * token. Throws `WORKLOAD.UNREACHABLE`.
 */
export function connectWorkload(
  place: string = process.env.ALMAGEST_WORKLOAD ?? DEFAULT_PLACE,
): WorkloadClient {
  const given = process.env.ALMAGEST_TOKEN;
  if (/^https?:\/\//.test(place)) {
    return new WorkloadClient({ url: place, ...(given === undefined ? {} : { token: given }) });
  }
  const running = existsSync(place) ? readServerFile(place) : undefined;
  if (running === undefined) {
    throw new AlmagestError(
      "WORKLOAD.UNREACHABLE",
      `No server runs on the folder ${place}. Start one with \`almagest workload serve ${place}\`, or name another place.`,
      { fields: { place } },
    );
  }
  const token = given ?? readOperatorToken(place);
  return new WorkloadClient({ url: running.url, ...(token === undefined ? {} : { token }) });
}
