"""Builds a quantum graph with the original's builder and mock tasks on a repository in memory, and writes it."""

import json
import sys

from lsst.pipe.base.tests.mocks import DynamicConnectionConfig, InMemoryRepo

with InMemoryRepo("base.yaml", "spatial.yaml") as repo:
    chain = 20
    for _ in range(chain):
        repo.add_task(dimensions=["visit", "detector"])
    repo.add_task(
        "merge",
        dimensions=["visit"],
        inputs={
            "merged": DynamicConnectionConfig(
                dataset_type_name=f"dataset_auto{chain}", dimensions=["visit", "detector"], multiple=True
            )
        },
    )
    builder = repo.make_quantum_graph_builder()
    components = builder.finish(attach_datastore_records=False)
    components.write(sys.argv[1], zstd_dict_n_inputs=100, zstd_dict_size=4096)
    graph = components.assemble()
    edges = sorted([str(a), str(b)] for a, b in graph.quantum_only_xgraph.edges)
    quanta = {}
    for label, by_data_id in graph.quanta_by_task.items():
        for data_id, quantum_id in by_data_id.items():
            quanta[str(quantum_id)] = [label, list(data_id.full_values)]
    datasets = {}
    bipartite = graph.bipartite_xgraph
    for quantum_id in graph:
        datasets[str(quantum_id)] = [
            sorted(map(str, bipartite.predecessors(quantum_id))),
            sorted(map(str, bipartite.successors(quantum_id))),
        ]
    records = {
        name: len(records)
        for name, records in components.dimension_data.serialized().root.items()
    }
print(
    json.dumps(
        {
            "output_run": graph.header.output_run,
            "n_datasets": graph.header.n_datasets,
            "quanta": quanta,
            "edges": edges,
            "datasets": datasets,
            "records": records,
            "dataset_types": sorted(graph.pipeline_graph.dataset_types),
        }
    )
)
