import type { Json } from "@almagest/base";
import type { Identity, Role } from "@almagest/identity";
import type { z } from "zod";
import type { LogStore } from "../logs/log-store.ts";
import type { WorkloadManager } from "../manager/workload-manager.ts";
import type { WorkerLine } from "../questions/list-workers.ts";
import type { Tracer } from "../traces/tracer.ts";
import type { CacheFiles } from "./cache-files.ts";
import type { Parameters } from "./decode-body.ts";
import { checkParameters } from "./schemas.ts";
import type { TaskDefaults } from "./submission/task-parameters.ts";

/** PanDA's status codes. */
export const STATUS_CODE = { ok: 0, noJob: 20, failed: 30, keyMissing: 80, proxy: 90 } as const;

/** What calls work on. */
export interface Services {
  readonly manager: WorkloadManager;
  /** Sandboxes; absent where none are taken. */
  readonly files: CacheFiles | undefined;
  /** The central store of logs; absent where none is kept. */
  readonly logs: LogStore | undefined;
  /** Which trace each job belongs to; absent where none are kept. */
  readonly tracer: Tracer | undefined;
  /** What a worker's pilot printed; see `PandaServerOptions`. */
  readonly pilotLog: ((worker: WorkerLine) => Promise<string | undefined>) | undefined;
  /** What tasks are given that do not say it. */
  readonly taskDefaults: Omit<TaskDefaults, "scope">;
  /** Where this server is. */
  url(): string;
}

/** Who called, and whether they still listen. */
export interface CallContext {
  readonly caller: Identity;
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
}

/** A call's answer before it is dressed as legacy or v1. */
export interface Answer {
  readonly success: boolean;
  readonly message: string;
  readonly data: Json;
  /** The legacy form, where it is not the data itself. */
  readonly legacy?: Json;
}

/** Who may call: a role, or `anyone` without credentials. */
export type Needs = Role | "anyone";

/** One call of the API: where it lives in both versions, who may make it, what it takes and does. */
export interface Call {
  /** Name below /server/panda/; undefined where there was none. */
  readonly legacy: string | undefined;
  /** Path below /api/v1/; undefined where there is none. */
  readonly v1: string | undefined;
  readonly method: "GET" | "POST";
  readonly needs: Needs;
  /** One sentence, for the OpenAPI document. */
  readonly summary: string;
  /** Under v1's names; legacy parameters are renamed before. */
  readonly parameters: z.ZodType;
  run(services: Services, parameters: Parameters, context: CallContext): Promise<Answer>;
}

/** Makes a call whose parameters are checked by its schema before `run`. */
export function defineCall<S extends z.ZodType>(
  call: Omit<Call, "parameters" | "run"> & {
    readonly parameters: S;
    run(services: Services, asked: z.infer<S>, context: CallContext): Promise<Answer>;
  },
): Call {
  return {
    ...call,
    run: async (services, parameters, context) =>
      call.run(services, checkParameters(call.parameters, parameters), context),
  };
}

/** An answer that it went well. */
export function ok(data: Json, legacy?: Json, message = ""): Answer {
  return { success: true, message, data, ...(legacy === undefined ? {} : { legacy }) };
}

/** Plain JSON of a value of ours: members that are undefined are left out. */
export function toJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
