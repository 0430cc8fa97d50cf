"""Builds a quantum graph with the original's builder on a stored repository, for a pipeline given as JSON (its connections).

Usage: build-original.py REPOSITORY PIPELINE_JSON WHERE. Prints counts, digests of quanta and edges, seconds, peak memory."""

import hashlib
import json
import resource
import sys
import time

from lsst.daf.butler import Butler
from lsst.pipe.base import NoWorkFound
from lsst.pipe.base.all_dimensions_quantum_graph_builder import (
    AllDimensionsQuantumGraphBuilder,
    DatasetQueryConstraintVariant,
)
from lsst.pipe.base.pipeline_graph import PipelineGraph
from lsst.pipe.base.tests.mocks import (
    DynamicConnectionConfig,
    DynamicTestPipelineTask,
    DynamicTestPipelineTaskConfig,
)
from lsst.pipe.base.tests.mocks._pipeline_task import DynamicTestPipelineTaskConnections
from lsst.pex.config import Field


class EvenConnections(DynamicTestPipelineTaskConnections, dimensions=()):
    """Keeps only inputs of even visits; odd patches have nothing to do."""

    def adjustQuantum(self, inputs, outputs, label, data_id):
        if data_id.get("patch", 0) % 4 == 3:
            raise NoWorkFound("told to find nothing")
        adjusted = {}
        for name, (connection, refs) in inputs.items():
            if any("visit" in ref.dataId for ref in refs):
                adjusted[name] = (connection, [ref for ref in refs if ref.dataId["visit"] % 2 == 0])
        inputs = {**inputs, **adjusted}
        super().adjustQuantum(inputs, outputs, label, data_id)
        return adjusted, {}


class EvenConfig(DynamicTestPipelineTaskConfig, pipelineConnections=EvenConnections):
    pass


class EvenTask(DynamicTestPipelineTask):
    ConfigClass = EvenConfig
    _DefaultName = "even"


root, pipeline_file, where = sys.argv[1:4]
options = json.loads(sys.argv[4]) if len(sys.argv) > 4 else {}
with open(pipeline_file) as stream:
    tasks = json.load(stream)

graph = PipelineGraph()
for task in tasks:
    even = task.get("even", False)
    config = (EvenConfig if even else DynamicTestPipelineTaskConfig)()
    config.dimensions = task["dimensions"]
    groups = {
        "input": config.inputs,
        "prerequisite": config.prerequisite_inputs,
        "output": config.outputs,
        "initInput": config.init_inputs,
        "initOutput": config.init_outputs,
    }
    for edge in task["edges"]:
        extra = {} if edge["kind"] in ("output", "initInput", "initOutput") else {"minimum": edge["minimum"]}
        groups[edge["kind"]][edge["connection"]] = DynamicConnectionConfig(
            dataset_type_name=edge["datasetType"],
            dimensions=edge["dimensions"],
            storage_class=edge["storageClass"],
            mock_storage_class=False,
            multiple=edge["multiple"],
            is_calibration=edge["isCalibration"],
            **extra,
        )
    graph.add_task(task["label"], EvenTask if even else DynamicTestPipelineTask, config)


def digest_of(lines):
    total = 0
    for line in lines:
        total += int.from_bytes(hashlib.blake2b(line.encode()).digest()[:6], "big")
    return format(total % 2**48, "012x")


def words(data_id):
    return ",".join(f"{name}={data_id[name]}" for name in sorted(data_id.dimensions.required))


with Butler.from_config(root, writeable=False) as butler:
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start = time.perf_counter()
    builder = AllDimensionsQuantumGraphBuilder(
        graph,
        butler,
        where=where,
        input_collections=options.get("inputs", ["defaults"]),
        output_run=options.get("run", "out"),
        skip_existing_in=options.get("skipExistingIn", []),
        clobber=options.get("clobber", False),
        **(
            {"dataset_query_constraint": DatasetQueryConstraintVariant.fromExpression(options["constraint"])}
            if "constraint" in options
            else {}
        ),
    )
    components = builder.finish(attach_datastore_records=False)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    built = components.assemble()
    bipartite = built.bipartite_xgraph
    quanta = []
    edges = []
    counts = {}
    implicit = {f"{label}{suffix}" for label in built.pipeline_graph.tasks for suffix in ("_metadata", "_log")}
    for label, by_data_id in built.quanta_by_task.items():
        counts[label] = len(by_data_id)
        for data_id, quantum_id in by_data_id.items():
            name = f"{label} {words(data_id)}"
            quanta.append(name)
            for other, arrow in ((bipartite.predecessors, "<"), (bipartite.successors, ">")):
                for dataset_id in other(quantum_id):
                    node = bipartite.nodes[dataset_id]
                    type_name = node["dataset_type_name"]
                    if type_name not in implicit:
                        edges.append(f"{name} {arrow} {type_name} {words(node['data_id'])}")
print(
    json.dumps(
        {
            "counts": counts,
            "quanta": [len(quanta), digest_of(quanta)],
            "edges": [len(edges), digest_of(edges)],
            "seconds": seconds,
            "peakMb": peak,
            "baseMb": base,
            "seen": sorted(edges) if options.get("show") else None,
        }
    )
)
