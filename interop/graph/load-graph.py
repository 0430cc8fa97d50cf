"""Loads a quantum graph with the original's reader and prints what it found, as JSON."""

import json
import sys

from lsst.pipe.base.pipeline_graph import TaskImportMode
from lsst.pipe.base.quantum_graph import PredictedQuantumGraph

path = sys.argv[1]
with PredictedQuantumGraph.open(path, import_mode=TaskImportMode.DO_NOT_IMPORT) as reader:
    reader.read_all()
    graph = reader.finish()
edges = sorted([str(a), str(b)] for a, b in graph.quantum_only_xgraph.edges)
derived = set()
bipartite = graph.bipartite_xgraph
for quantum_id in graph:
    for dataset_id in bipartite.successors(quantum_id):
        derived.update((str(quantum_id), str(after)) for after in bipartite.successors(dataset_id))
# Every data id gets its dimension records, or this raises.
for name, datasets in graph.datasets_by_type.items():
    if name in graph.pipeline_graph.dataset_types:
        dimensions = graph.pipeline_graph.dataset_types[name].dataset_type.dimensions
        graph.dimension_data.attach(dimensions, datasets.keys())
for label, quanta in graph.quanta_by_task.items():
    graph.dimension_data.attach(graph.pipeline_graph.tasks[label].dimensions, quanta.keys())
# What the quanta read that is stored already must have its records, and nothing else.
made = {
    dataset_id
    for quantum_id in graph
    for dataset_id in bipartite.successors(quantum_id)
}
recorded = 0
records_agree = True
for quantum_id, model in graph._quantum_datasets.items():
    overall = {dataset_id for dataset_id in model.iter_input_dataset_ids() if dataset_id not in made}
    found = {
        dataset_id
        for records in model.deserialize_datastore_records().values()
        for dataset_id, tables in records.records.items()
        if any(info.path for infos in tables.values() for info in infos)
    }
    recorded += len(found)
    records_agree = records_agree and overall == found
first = next(iter(graph))
with PredictedQuantumGraph.open(path, import_mode=TaskImportMode.DO_NOT_IMPORT) as reader:
    reader.read_quantum_datasets([first])
    partial = len(reader.finish())
print(
    json.dumps(
        {
            "header": graph.header.model_dump(mode="json"),
            "quanta": {label: len(quanta) for label, quanta in graph.quanta_by_task.items()},
            "tasks": {
                label: sorted(node.dimensions.required) for label, node in graph.pipeline_graph.tasks.items()
            },
            "datasets": sum(len(datasets) for datasets in graph.datasets_by_type.values()),
            "edges": len(edges),
            "edges_agree": derived == {tuple(edge) for edge in edges},
            "partial": partial,
            "recorded": recorded,
            "records_agree": records_agree,
            "init_outputs": {
                label: sorted(graph.get_init_outputs(label)) for label in ["", *graph.pipeline_graph.tasks]
            },
            "records": {name: len(records) for name, records in graph.dimension_data.records.items()},
        }
    )
)
