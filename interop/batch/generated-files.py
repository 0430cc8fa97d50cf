"""Reads generated HTCondor files with HTCondor's own parser: `generated-files.py DAG`. Prints what it understood as JSON."""

import json
import os
import sys

import classad2
import htcondor2

dag = sys.argv[1]
folder = os.path.dirname(dag)
jobs = []
parents = []
with open(dag) as stream:
    for line in stream:
        words = line.split()
        if words[0] == "JOB":
            path = os.path.join(folder, words[2].strip('"'))
            with open(path) as text:
                submit = htcondor2.Submit(text.read())
            memory = classad2.ExprTree(submit["request_memory"])
            held = classad2.ClassAd({"LastHoldReasonCode": 34, "NumJobStarts": 2})
            fresh = classad2.ClassAd({"NumJobStarts": 0})
            jobs.append(
                {
                    "name": words[1],
                    "executable": submit["executable"],
                    "arguments": submit["arguments"],
                    "first": memory.simplify(fresh).eval() if hasattr(memory, "simplify") else None,
                    "afterHolds": memory.simplify(held).eval() if hasattr(memory, "simplify") else None,
                }
            )
        elif words[0] == "PARENT":
            at = words.index("CHILD")
            parents.append([words[1:at], words[at + 1 :]])
json.dump({"jobs": jobs, "parents": parents}, sys.stdout)
