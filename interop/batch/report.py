"""Prints the report of lsst.ctrl.bps: reads what is to be reported as JSON from standard input."""

import json
import sys

from lsst.ctrl.bps.report import display_report
from lsst.ctrl.bps.wms_service import WmsRunReport, WmsStates

for case in json.load(sys.stdin):
    run = WmsRunReport(
        wms_id=case["id"],
        global_wms_id=case["id"],
        path=case["path"],
        label="",
        run=case["run"],
        project=case["project"],
        campaign=case["campaign"],
        payload=case["payload"],
        operator=case["operator"],
        run_summary=";".join(f"{name}:{count}" for name, count in case["expected"].items()),
        state=WmsStates[case["state"]],
        jobs=None,
        total_number_jobs=sum(case["expected"].values()),
        job_state_counts={state: case["total"].get(state.name, 0) for state in WmsStates},
        job_summary={
            label: {state: counts.get(state.name, 0) for state in WmsStates}
            for label, counts in case["labels"].items()
        },
        exit_code_summary=case["codes"],
    )
    display_report([run], [], is_detailed=True, return_exit_codes=True)
    print("=====")
