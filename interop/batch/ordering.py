"""Who waits for whom after lsst.ctrl.bps has ordered a workflow: reads cases as JSON from standard input."""

import json
import sys

from networkx import DiGraph, descendants

from lsst.ctrl.bps import GenericWorkflow, GenericWorkflowExec, GenericWorkflowJob
from lsst.ctrl.bps.generic_workflow import GenericWorkflowNodeType


def add(workflow, flat, first, last):
    """Copies a workflow into a plain graph; groups become two nodes around what is in them."""
    ends = {}
    for name in workflow.nodes():
        job = workflow.get_job(name)
        if job.node_type == GenericWorkflowNodeType.GROUP:
            begin, end = (name, "in"), (name, "out")
            flat.add_edge(begin, end)
            for inner in add(job, flat, begin, end).values():
                flat.add_edge(begin, inner[0])
                flat.add_edge(inner[1], end)
            ends[name] = (begin, end)
        else:
            node = name if job.node_type == GenericWorkflowNodeType.PAYLOAD else (name, "noop")
            flat.add_node(node)
            ends[name] = (node, node)
    for before, after in workflow.edges():
        flat.add_edge(ends[before][1], ends[after][0])
    return ends


answers = []
for case in json.load(sys.stdin):
    workflow = GenericWorkflow("w")
    for job in case["jobs"]:
        made = GenericWorkflowJob(job["name"], job["label"])
        made.tags = job["tags"]
        made.executable = GenericWorkflowExec("x", "/bin/true", False)
        made.quanta_counts[job["label"]] = 1
        workflow.add_job(made, parent_names=job["parents"])
    workflow.add_special_job_ordering(case["ordering"])
    flat = DiGraph()
    add(workflow, flat, None, None)
    names = {job["name"] for job in case["jobs"]}
    pairs = [[a, b] for a in names for b in descendants(flat, a) if isinstance(b, str)]
    answers.append(sorted(pairs))
json.dump(answers, sys.stdout)
