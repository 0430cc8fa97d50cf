"""Answers of lsst.ctrl.bps.BpsConfig: reads questions as JSON from standard input, writes answers as JSON."""

import json
import sys

from lsst.ctrl.bps.bps_config import BPS_SEARCH_ORDER, BpsConfig
from lsst.daf.butler import Config


def plain(value):
    return value.toDict() if isinstance(value, Config) else value


answers = []
for case in json.load(sys.stdin):
    config = BpsConfig(case["file"], search_order=BPS_SEARCH_ORDER)
    found = []
    for key, current in case["questions"]:
        there, value = config.search(key, opt={"curvals": dict(current)})
        found.append(plain(value) if there else None)
    answers.append(found)
json.dump(answers, sys.stdout)
