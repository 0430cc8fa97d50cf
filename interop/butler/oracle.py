"""The original Butler behind a line protocol: one JSON request per line on stdin, one JSON answer per line."""

import json
import logging
import os
import resource
import sys
import time
import warnings

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

from lsst.daf.butler import Butler, Config, DataCoordinate, DatasetRef, DatasetType, FileDataset, Timespan  # noqa: E402

butler = None


def plain(ref):
    data_id = {k: v for k, v in zip(ref.dataId.dimensions.required, ref.dataId.required_values)}
    return {"type": ref.datasetType.name, "id": str(ref.id), "run": ref.run, "data_id": data_id}


def create(root, db=None):
    Butler.makeRepo(root, config=None if db is None else Config({"registry": {"db": db}}))


def copy_records(source, root):
    with Butler.from_config(source) as theirs, Butler.from_config(root, writeable=True) as copy:
        for element in theirs.dimensions.elements:
            if element.has_own_table:
                copy.registry.insertDimensionData(element, *theirs.query_dimension_records(element, explain=False))


def create_at(root, database):
    Butler.makeRepo(root, config=Config({"registry": {"db": database}}), forceConfigRoot=False)


def create_chain(root, datastore, db=None):
    config = {"datastore": datastore}
    if db is not None:
        config["registry"] = {"db": db}
    Butler.makeRepo(root, config=Config(config))


def create_with(root, config):
    Butler.makeRepo(root, config=Config(config))


def put_metrics(type, data_id, parts):
    from lsst.daf.butler.tests import MetricsExample

    return plain(butler.put(MetricsExample.makeFromDict(parts), type, data_id))


def get_metrics(id, component=None, storage_class=None):
    ref = butler.get_dataset(__import__("uuid").UUID(id))
    value = butler.get(ref if component is None else ref.makeComponentRef(component), storageClass=storage_class)
    return value if isinstance(value, dict | list | int) else {"class": type(value).__name__, **value.exportAsDict()}


def get_table(id, storage_class, parameters=None):
    ref = butler.get_dataset(__import__("uuid").UUID(id))
    value = butler.get(ref, storageClass=storage_class, parameters=parameters)
    columns = value if isinstance(value, dict) else {name: value[name] for name in table_columns(value)}
    return {"class": type(value).__name__, "columns": {name: list(column.tolist()) for name, column in columns.items()}}


def table_columns(value):
    return getattr(value, "colnames", None) or list(getattr(value, "dtype", None).names if hasattr(value, "dtype") else value.columns)


def uri(id):
    return str(butler.getURI(butler.get_dataset(__import__("uuid").UUID(id))))


def prune_id(id):
    ref = butler.get_dataset(__import__("uuid").UUID(id))
    butler.pruneDatasets([ref], disassociate=True, unstore=True, purge=True)


def retrieve_zip(type, collections, folder):
    refs = butler.query_datasets(type, collections=collections, find_first=True, explain=False)
    return butler.retrieve_artifacts_zip(refs, destination=folder).ospath


def ingest_zip(path):
    butler.ingest_zip(path, transfer="copy")


def sync(element, record):
    butler.registry.syncDimensionData(element, record)


def open(root, run=None, writeable=True):
    global butler
    if butler is not None:
        butler.close()
    butler = Butler.from_config(root, writeable=writeable, run=run)


def datasets(type, collections, where="", bind=None, find_first=True):
    found = butler.query_datasets(
        type, collections=collections, where=where, bind=bind, find_first=find_first, limit=None, explain=False
    )
    return [plain(ref) for ref in found]


def data_ids(dimensions, where="", bind=None):
    with butler.query() as query:
        found = query.data_ids(dimensions).where(where, bind=bind)
        return [dict(zip(d.dimensions.required, d.required_values)) for d in found]


def general(dimensions, names, collections=None, type=None, joins=(), where="", find_first=False):
    with butler.query() as query:
        for name in joins:
            query = query.join_dataset_search(name, collections)
        if type is not None:
            query = query.join_dataset_search(type, collections)
        found = query.where(where).general(dimensions, *names, find_first=find_first) if where else query.general(dimensions, *names, find_first=find_first)
        return sorted((json.dumps({k: str(v) for k, v in row._asdict().items()}, sort_keys=True) if hasattr(row, "_asdict") else json.dumps([str(v) for v in row])) for row in found.iter_tuples())


def joined_datasets(type, joins, collections, where=""):
    with butler.query() as query:
        for name in joins:
            query = query.join_dataset_search(name, collections)
        found = query.where(where).datasets(type, collections, find_first=False) if where else query.datasets(type, collections, find_first=False)
        return [plain(ref) for ref in found]


def associations(type, collections):
    found = butler.registry.queryDatasetAssociations(type, collections=collections)
    return sorted(json.dumps([str(a.ref.id), a.collection, str(a.timespan)]) for a in found)


def export_records(ids):
    refs = [butler.get_dataset(__import__("uuid").UUID(id)) for id in ids]
    return {name: data.to_simple().model_dump(mode="json") for name, data in butler._datastore.export_records(refs).items()}


def predicted_refs(described):
    from uuid import UUID

    return [
        DatasetRef(butler.get_dataset_type(d["type"]), butler.registry.expandDataId(d["data_id"]), run=d["run"], id=UUID(d["id"]))
        for d in described
    ]


def quantum_butler(root, inputs, outputs, records):
    from lsst.daf.butler import QuantumBackedButler
    from lsst.daf.butler.datastore.record_data import DatastoreRecordData, SerializedDatastoreRecordData

    return QuantumBackedButler.from_predicted(
        root,
        predicted_inputs=[ref.id for ref in inputs],
        predicted_outputs=[ref.id for ref in outputs],
        dimensions=butler.dimensions,
        datastore_records={
            name: DatastoreRecordData.from_simple(SerializedDatastoreRecordData.model_validate(data)) for name, data in records.items()
        },
        dataset_types={ref.datasetType.name: ref.datasetType for ref in [*inputs, *outputs]},
    )


def run_quantum(root, inputs, outputs, written, records):
    input_refs, output_refs = predicted_refs(inputs), predicted_refs(outputs)
    limited = quantum_butler(root, input_refs, output_refs, records)
    values = [limited.get(ref) for ref in input_refs]
    for ref in predicted_refs(written):
        limited.put({"made": ref.dataId["detector"]}, ref)
    return values


def transfer_quantum(root, outputs):
    output_refs = predicted_refs(outputs)
    limited = quantum_butler(root, [], output_refs, {})
    return len(butler.transfer_from(limited, output_refs, transfer="auto"))


def find(type, data_id, collections):
    ref = butler.find_dataset(type, data_id, collections=collections)
    return None if ref is None else plain(ref)


def put(value, type, data_id, run=None):
    return plain(butler.put(value, type, data_id, run=run))


def get(type, data_id, collections):
    return butler.get(type, data_id, collections=collections)


def get_id(id):
    return butler.get(butler.get_dataset(__import__("uuid").UUID(id)))


def get_as(id, by_uri=False):
    ref = butler.get_dataset(__import__("uuid").UUID(id))
    if by_uri:
        # Butler.get wants the class of the storage class, which is one of the science pipelines.
        from lsst.utils import doImport

        record = next(iter(butler._datastore._get_dataset_locations_info(ref)))
        doImport(record[1].formatter)
        return json.loads(butler.getURI(ref).read())
    value = butler.get(ref)
    if hasattr(value, "colnames"):
        return {name: value[name].tolist() for name in value.colnames}
    return value


def put_table(type, data_id, columns):
    from astropy.table import Table

    return str(butler.put(Table(columns), type, data_id).id)


def register_type(name, dimensions, storage_class, calibration=False):
    return butler.registry.registerDatasetType(
        DatasetType(name, dimensions, storage_class, universe=butler.dimensions, isCalibration=calibration)
    )


def register_run(name):
    butler.collections.register(name)


def certify(type, ids, collection, begin=None, end=None):
    refs = [butler.get_dataset(__import__("uuid").UUID(id)) for id in ids]
    butler.registry.certify(collection, refs, Timespan(begin, end))


def import_file(path, directory=None, transfer=None):
    butler.import_(filename=path, directory=directory, transfer=transfer)


def records(element):
    return sorted(json.dumps(r.toDict(), default=str, sort_keys=True) for r in butler.query_dimension_records(element, explain=False))


def collections():
    return sorted((c.name, c.type.name, list(c.children)) for c in butler.collections.query_info("*"))


def insert_detectors(instrument, start, count):
    rows = [dict(instrument=instrument, id=start + i, full_name=f"X{start + i}") for i in range(count)]
    butler.registry.insertDimensionData("detector", *rows)


def processor_time():
    return time.process_time()


def time_insert(type, run, data_ids):
    ids = [DataCoordinate.standardize(d, universe=butler.dimensions) for d in data_ids]
    start = time.perf_counter()
    butler.registry.insertDatasets(type, ids, run=run)
    return time.perf_counter() - start


def time_query(type, run):
    start = time.perf_counter()
    count = len(butler.query_datasets(type, collections=run, limit=None))
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "count": count, "peak_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}


def time_find(type, run, data_ids):
    start = time.perf_counter()
    for d in data_ids:
        assert butler.find_dataset(type, d, collections=run) is not None
    return time.perf_counter() - start


def time_put(type, run, data_ids, value):
    start = time.perf_counter()
    for d in data_ids:
        butler.put(value, type, d, run=run)
    return time.perf_counter() - start


def time_get(type, run, data_ids):
    start = time.perf_counter()
    for d in data_ids:
        butler.get(type, d, collections=run)
    return time.perf_counter() - start


def time_ingest(type, run, files, transfer):
    dataset_type = butler.get_dataset_type(type)
    butler.collections.register(run)
    start = time.perf_counter()
    sets = [
        FileDataset(path, [DatasetRef(dataset_type, DataCoordinate.standardize(d, universe=butler.dimensions), run=run)])
        for path, d in files
    ]
    butler.ingest(*sets, transfer=transfer)
    return time.perf_counter() - start


def command(words, input=None):
    from click.testing import CliRunner
    from lsst.daf.butler.cli.butler import cli

    result = CliRunner().invoke(cli, words, input=input)
    return {"code": result.exit_code, "out": result.stdout, "error": repr(result.exception)}


for line in sys.stdin:
    request = json.loads(line)
    name = request.pop("do")
    try:
        answer = {"result": globals()[name](**request)}
    except Exception as error:
        answer = {"error": type(error).__name__, "message": str(error)}
    print(json.dumps(answer, default=str), file=answers, flush=True)
