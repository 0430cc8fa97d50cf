import type { Butler } from "../butler.ts";
import type { DimensionRecord } from "../types.ts";
import { dayOf, dayOffsetHours, daySpan } from "./observing-day.ts";

/** How to compute observing days anew. */
export interface DayObsOptions {
  /** Hours after 0 h TAI at which the day begins: that of the instrument unless given. */
  readonly offsetHours?: number;
  /** Only count. */
  readonly dryRun?: boolean;
}

/** How many records had another observing day than their time tells. */
export interface DayObsReport {
  readonly exposures: number;
  readonly visits: number;
}

const beginOf = (record: DimensionRecord): bigint | undefined =>
  (record.timespan as { begin?: bigint } | null | undefined)?.begin;

/** Gives exposures of an instrument the observing day in which they begin, and visits the earliest of their exposures', in
 * one transaction. */
export async function updateDayObs(
  butler: Butler,
  instrument: string,
  options: DayObsOptions = {},
): Promise<DayObsReport> {
  const { offsetHours = dayOffsetHours(instrument), dryRun = false } = options;
  const dataId = { instrument };
  const days = new Map<number, number>();
  const exposures: DimensionRecord[] = [];
  for (const record of await butler.queryRecords("exposure", { dataId })) {
    const begin = beginOf(record);
    const day = begin === undefined ? (record.day_obs as number) : dayOf(begin, offsetHours);
    days.set(record.id as number, day);
    if (day !== record.day_obs) exposures.push({ ...record, day_obs: day });
  }
  const dayOfVisit = new Map<number, number>();
  for (const { exposure, visit } of await butler.queryRecords("visit_definition", { dataId })) {
    const day = days.get(exposure as number)!;
    dayOfVisit.set(visit as number, Math.min(day, dayOfVisit.get(visit as number) ?? day));
  }
  const visits = (await butler.queryRecords("visit", { dataId })).flatMap((record) => {
    const day = dayOfVisit.get(record.id as number);
    return day === undefined || day === record.day_obs ? [] : [{ ...record, day_obs: day }];
  });
  if (!dryRun) {
    const wanted = new Set([...exposures, ...visits].map((record) => record.day_obs as number));
    await butler.transaction(async () => {
      await butler.insertRecords(
        "day_obs",
        [...wanted].map((id) => ({ instrument, id, timespan: daySpan(id, offsetHours)! })),
        { skipExisting: true },
      );
      await butler.insertRecords("exposure", exposures, { replace: true });
      await butler.insertRecords("visit", visits, { replace: true });
    });
  }
  return { exposures: exposures.length, visits: visits.length };
}
