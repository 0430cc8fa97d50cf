"""Lets the original aggregate what our quanta wrote without the database, and read our provenance graph of the same run.

Arguments: predicted graph, repository, provenance graph to be written, ours.
"""

import json
import sys
import uuid

from lsst.daf.butler import Butler
from lsst.pipe.base.quantum_graph import ProvenanceQuantumGraphReader
from lsst.pipe.base.quantum_graph.aggregator import AggregatorConfig, aggregate_graph


def main() -> None:
    predicted, repo, theirs, ours = sys.argv[1:]
    if ours == "":
        config = AggregatorConfig(output_path=theirs, n_processes=1, interactive_status=False)
        aggregate_graph(predicted, repo, config)
        with Butler.from_config(repo) as butler:
            refs = [
                ref
                for name in sorted(t.name for t in butler.registry.queryDatasetTypes())
                for ref in butler.query_datasets(name, collections="files/run", explain=False)
            ]
        print(json.dumps({"ingested": sorted(str(ref.id) for ref in refs)}))
        return
    with ProvenanceQuantumGraphReader.open(ours) as reader:
        reader.read_full_graph()
        graph = reader.graph
        nodes = graph.bipartite_xgraph.nodes
        quanta = {
            str(quantum_id): [
                label,
                nodes[quantum_id]["status"].name,
                nodes[quantum_id]["caveats"].value if nodes[quantum_id]["caveats"] is not None else None,
                nodes[quantum_id]["resource_usage"] is not None,
            ]
            for label, by_data_id in graph.quanta_by_task.items()
            for quantum_id in by_data_id.values()
        }
        ids = [uuid.UUID(one) for one in quanta]
        logs = {str(key): len(value[-1] or []) for key, value in reader.fetch_logs(ids).items()}
        metadata = {str(key): value[-1] is not None for key, value in reader.fetch_metadata(ids).items()}
        print(
            json.dumps(
                {
                    "quanta": quanta,
                    "edges": graph.bipartite_xgraph.number_of_edges(),
                    "produced": sorted(str(n) for n in nodes if nodes[n].get("produced")),
                    "logs": logs,
                    "metadata": metadata,
                    "packages": dict(reader.fetch_packages()),
                    "rows": len(graph.make_quantum_table()),
                }
            )
        )


if __name__ == "__main__":
    main()
