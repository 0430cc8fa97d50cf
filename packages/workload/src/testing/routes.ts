import type { Role } from "@almagest/identity";
import type { Needs } from "../panda/call.ts";
import { PANDA_CALLS } from "../panda/calls.ts";

/** One address of the server and who may ask it. */
export interface Route {
  readonly method: string;
  readonly path: string;
  readonly needs: Needs;
  /** What the right role is answered with `{}`; 200 unless told. */
  readonly status?: number;
}

/** Every address that is not open to anyone, and the calls that are. */
export const ROUTES: readonly Route[] = [
  ...PANDA_CALLS.flatMap(({ legacy, v1, method, needs }): Route[] => [
    ...(legacy === undefined ? [] : [{ method: "POST", path: `/server/panda/${legacy}`, needs }]),
    ...(v1 === undefined ? [] : [{ method, path: `/api/v1/${v1}`, needs }]),
  ]),
  { method: "POST", path: "/api/v1/workload/submit", needs: "user" },
  { method: "POST", path: "/api/v1/file_server/upload_cache_file", needs: "user" },
  { method: "GET", path: "/metrics", needs: "reader" },
  { method: "POST", path: "/loki/api/v1/push", needs: "pilot", status: 204 },
];

/** Roles that do not include another. */
export const WITHOUT: Readonly<Record<Role, readonly Role[]>> = {
  reader: ["pilot"],
  user: ["reader", "pilot"],
  production: ["user", "pilot"],
  operator: ["production", "pilot"],
  pilot: ["operator"],
};
