"""Builds a quantum graph of three tasks with the original's builder, writes it, and tells its sizes and one first quantum."""

import json
import sys

from lsst.pipe.base.tests.mocks import DynamicConnectionConfig, InMemoryRepo

with InMemoryRepo("base.yaml", "spatial.yaml") as repo:
    repo.add_task(dimensions=["visit", "detector"])
    repo.add_task(dimensions=["visit", "detector"])
    inputs = DynamicConnectionConfig(
        dataset_type_name="dataset_auto2", dimensions=["visit", "detector"], multiple=True
    )
    repo.add_task("merge", dimensions=["visit"], inputs={"merged": inputs})
    components = repo.make_quantum_graph_builder().finish(attach_datastore_records=False)
    components.header.inputs = ["in"]
    components.header.output = "u/ada/out"
    components.header.output_run = "u/ada/out/run"
    components.write(sys.argv[1])
    graph = components.assemble()
    quanta = {label: len(by_data_id) for label, by_data_id in graph.quanta_by_task.items()}
    first = min(str(quantum) for quantum in graph.quanta_by_task["task_auto1"].values())
print(json.dumps({"quanta": quanta, "first": first}))
