import type { Json } from "@almagest/base";
import { type Answer, type Call, defineCall, ok, STATUS_CODE } from "../call.ts";
import { emptySchema } from "../schemas.ts";

const RESOURCE_TYPES: Json = [
  { resource_name: "SCORE", mincore: 1, maxcore: 1, minrampercore: null, maxrampercore: 4000 },
  { resource_name: "SCORE_HIMEM", mincore: 1, maxcore: 1, minrampercore: 4001, maxrampercore: null },
  { resource_name: "MCORE", mincore: 2, maxcore: null, minrampercore: null, maxrampercore: 4000 },
  { resource_name: "MCORE_HIMEM", mincore: 2, maxcore: null, minrampercore: 4001, maxrampercore: null },
];

/** An answer that says the server hands out no such secret. */
const noSecret = (StatusCode: number, errorDialog: string) => async (): Promise<Answer> => ({
  success: false,
  message: errorDialog,
  data: { StatusCode },
  legacy: { StatusCode, errorDialog },
});

const plain = { method: "GET", parameters: emptySchema } as const;

/** What anybody or any pilot asks of the service itself. */
export const SYSTEM_CALLS: readonly Call[] = [
  defineCall({
    ...plain,
    legacy: "getResourceTypes",
    v1: "metaconfig/get_resource_types",
    needs: "pilot",
    summary: "Lists the kinds of slots.",
    run: async () =>
      ok(RESOURCE_TYPES, { StatusCode: STATUS_CODE.ok, Returns: true, ResourceTypes: RESOURCE_TYPES }),
  }),
  defineCall({
    ...plain,
    legacy: "getProxy",
    v1: "creds/get_proxy",
    needs: "pilot",
    summary: "No proxies are kept here.",
    run: noSecret(STATUS_CODE.proxy, "no proxy kept here"),
  }),
  defineCall({
    ...plain,
    legacy: "getKeyPair",
    v1: "creds/get_key_pair",
    needs: "pilot",
    summary: "No keys are kept here.",
    run: noSecret(STATUS_CODE.keyMissing, "no key kept here"),
  }),
  defineCall({
    ...plain,
    legacy: "get_access_token",
    v1: "creds/get_access_token",
    needs: "pilot",
    summary: "No tokens are kept here.",
    run: noSecret(STATUS_CODE.proxy, "no token kept here"),
  }),
  defineCall({
    ...plain,
    legacy: "isAlive",
    v1: "system/is_alive",
    needs: "anyone",
    summary: "Says that the server lives.",
    run: async () => ok("alive=yes", { StatusCode: STATUS_CODE.ok, alive: "yes" }),
  }),
];
