"""Reads every metadata and log dataset of a run with the original's Butler, prunes one log, and tells what it found as JSON."""
import json
import sys

from lsst.daf.butler import Butler

root, run = sys.argv[1:]
found = {"metadata": 0, "logs": 0, "packed": 0, "outputs": 0, "afterPrune": 0}
with Butler.from_config(root, writeable=True) as butler:
    for kind, label in (("metadata", "metadata"), ("logs", "log")):
        for task in ("make", "take"):
            refs = butler.query_datasets(f"{task}_{label}", collections=run, limit=None)
            for ref in refs:
                value = butler.get(ref)
                found["packed"] += "zip-path" in butler.getURI(ref).geturl()
                if kind == "metadata":
                    found["outputs"] += len(value["quantum"].getArray("outputs"))
                found[kind] += len(value) > 0 or kind == "logs"
    first, second = butler.query_datasets("make_log", collections=run)[:2]
    butler.pruneDatasets([first], purge=True, unstore=True, disassociate=True)
    found["afterPrune"] = int(butler.stored(second) and butler.get(second) is not None)
print(json.dumps(found))
