import { AlmagestError } from "@almagest/base";
import type { BpsConfig, SearchOptions } from "./bps-config.ts";
import { isTree } from "./config-tree.ts";

/** What a job asks of its workload system. */
export interface JobResources {
  readonly memoryMb: number;
  /** Factor on the memory at each retry after a memory failure; 1 keeps it. */
  readonly memoryMultiplier: number;
  /** Memory never grows beyond this. */
  readonly memoryLimitMb: number;
  readonly cpus: number;
  readonly diskMb?: number;
  /** Minutes. */
  readonly walltimeMin?: number;
  readonly retries: number;
  /** Exit codes after which no retry is made. */
  readonly retryUnlessExit: readonly number[];
  readonly priority?: number;
  readonly queue?: string;
  readonly accountingGroup?: string;
  readonly preemptible: boolean;
  readonly concurrencyLimit?: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Further options in the workload system's own words. */
  readonly profile: Readonly<Record<string, string>>;
}

/** The resource keys that hold for a place in the configuration. Throws `BATCH.CONFIG_INVALID`. */
export function resolveResources(config: BpsConfig, options: SearchOptions): JobResources {
  const number = (key: string): number | undefined => config.number(key, options);
  const text = (key: string): string | undefined => config.text(key, options) || undefined;
  const words = (key: string): Record<string, string> => {
    const section = config.search(key, options);
    if (!isTree(section)) return {};
    return Object.fromEntries(
      Object.keys(section).map((name) => [name, config.text(name, { ...options, section })]),
    );
  };
  const memoryMb = required(number("requestMemory"), "requestMemory");
  const diskMb = number("requestDisk");
  const walltimeMin = number("requestWalltime");
  const priority = number("priority");
  const queue = text("queue");
  const accountingGroup = text("accountingGroup");
  const concurrencyLimit = text("concurrencyLimit");
  return {
    memoryMb,
    memoryMultiplier: Math.max(1, number("memoryMultiplier") ?? 1),
    memoryLimitMb: Math.max(memoryMb, number("requestMemoryMax") ?? number("memoryLimit") ?? memoryMb),
    cpus: number("requestCpus") ?? 1,
    retries: number("numberOfRetries") ?? 0,
    retryUnlessExit: exitCodes(config, options),
    preemptible: config.search("preemptible", options) !== false,
    environment: words("environment"),
    profile: words("profile"),
    ...(diskMb === undefined ? {} : { diskMb }),
    ...(walltimeMin === undefined ? {} : { walltimeMin }),
    ...(priority === undefined ? {} : { priority }),
    ...(queue === undefined ? {} : { queue }),
    ...(accountingGroup === undefined ? {} : { accountingGroup }),
    ...(concurrencyLimit === undefined ? {} : { concurrencyLimit }),
  };
}

/** Memory of an attempt (0 is the first) that follows memory failures: min(m₀·Mⁿ, limit). */
export function memoryOfAttempt(resources: JobResources, attempt: number): number {
  return Math.min(
    Math.ceil(resources.memoryMb * resources.memoryMultiplier ** attempt),
    resources.memoryLimitMb,
  );
}

/** What a job of several quanta asks: the largest memory and CPU count; disk and time add up, as they run in turn. */
export function combineResources(each: readonly { resources: JobResources; count: number }[]): JobResources {
  const all = each.map(({ resources }) => resources);
  const sum = (get: (resources: JobResources) => number | undefined): number | undefined =>
    all.some((resources) => get(resources) !== undefined)
      ? each.reduce((total, { resources, count }) => total + count * (get(resources) ?? 0), 0)
      : undefined;
  const diskMb = sum(({ diskMb }) => diskMb);
  const walltimeMin = sum(({ walltimeMin }) => walltimeMin);
  return {
    ...all[0]!,
    memoryMb: Math.max(...all.map(({ memoryMb }) => memoryMb)),
    memoryMultiplier: Math.max(...all.map(({ memoryMultiplier }) => memoryMultiplier)),
    memoryLimitMb: Math.max(...all.map(({ memoryLimitMb }) => memoryLimitMb)),
    cpus: Math.max(...all.map(({ cpus }) => cpus)),
    retries: Math.max(...all.map(({ retries }) => retries)),
    ...(diskMb === undefined ? {} : { diskMb }),
    ...(walltimeMin === undefined ? {} : { walltimeMin }),
  };
}

function exitCodes(config: BpsConfig, options: SearchOptions): number[] {
  const value = config.search("retryUnlessExit", options);
  if (value === undefined || value === null || value === "") return [];
  const codes = (Array.isArray(value) ? value : [value]).map(Number);
  if (codes.some((code) => !Number.isInteger(code))) {
    throw new AlmagestError(
      "BATCH.CONFIG_INVALID",
      `'retryUnlessExit' must be exit codes, not ${JSON.stringify(value)}.`,
    );
  }
  return codes;
}

function required<T>(value: T | undefined, key: string): T {
  if (value === undefined) throw new AlmagestError("BATCH.CONFIG_INVALID", `'${key}' has no value.`);
  return value;
}
