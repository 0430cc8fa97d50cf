import assert from "node:assert/strict";
import { openSmallSurvey } from "../testing/small-survey.ts";
import { testOnEach } from "../testing/tested-registries.ts";
import { dayOf, daySpan } from "./observing-day.ts";
import { updateDayObs } from "./update-day-obs.ts";

testOnEach(
  "exposures and visits get the observing day in which they begin, also where it is a new one",
  async (t) => {
    const butler = await openSmallSurvey(t);
    const visits = await butler.queryRecords("visit");
    const members = await butler.queryRecords("visit_definition");
    // The survey begins at 20 h: by days that begin at 21 h it is the day before.
    const planned = await updateDayObs(butler, "Cam", { offsetHours: 21, dryRun: true });
    assert.equal(planned.exposures, 6);
    assert.deepEqual(
      (await butler.queryRecords("day_obs")).map(({ id }) => id),
      [20260101],
    );
    assert.deepEqual(await updateDayObs(butler, "Cam", { offsetHours: 21 }), planned);
    assert.deepEqual(
      [...new Set((await butler.queryRecords("exposure")).map((item) => item.day_obs))],
      [20251231],
    );
    const changed = await butler.queryRecords("visit");
    const defined = new Set(members.map(({ visit }) => visit));
    assert.equal(planned.visits, defined.size);
    assert.deepEqual(
      changed,
      visits.map((visit) => (defined.has(visit.id as number) ? { ...visit, day_obs: 20251231 } : visit)),
    );
    const day = (await butler.queryRecords("day_obs")).find(({ id }) => id === 20251231)!;
    assert.deepEqual(day.timespan, daySpan(20251231, 21));
    assert.deepEqual(await updateDayObs(butler, "Cam", { offsetHours: 21 }), { exposures: 0, visits: 0 });
    assert.equal(dayOf(daySpan(20260301, 12)!.begin - 1n, 12), 20260228);
  },
);
