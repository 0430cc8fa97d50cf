"""Expands pipeline files with the original reader: prints, per file, labels with class, subsets and steps as JSON lines."""
import json
import sys

from lsst.pipe.base.pipelineIR import PipelineIR

for path in sys.stdin.read().split("\n"):
    if not path:
        continue
    try:
        pipeline = PipelineIR.from_uri(path)
        result = {
            "tasks": {label: task.klass for label, task in pipeline.tasks.items()},
            "subsets": {name: sorted(subset.subset) for name, subset in pipeline.labeled_subsets.items()},
            "steps": [[step.label, sorted(step.dimensions)] for step in pipeline.steps],
            "fields": {
                label: {path: value for config in task.config or [] for path, value in config.rest.items()}
                for label, task in pipeline.tasks.items()
            },
        }
    except Exception as error:
        result = {"error": f"{type(error).__name__}: {error}"[:300]}
    print(json.dumps({"path": path, **result}, default=str))
