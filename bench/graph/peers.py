"""Trivial tasks on two warm workers: prints the milliseconds per task of one system as JSON. Usage: peers.py SYSTEM COUNT"""
import json
import os
import shutil
import sys
import tempfile
import time


def trivial(number):
    return number + 1


def measure_dask(count):
    from distributed import Client, LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        client.gather(client.map(trivial, range(100), pure=False))
        start = time.perf_counter()
        client.gather(client.map(trivial, range(count), pure=False))
        return time.perf_counter() - start


def measure_parsl(count):
    import parsl
    from parsl.config import Config
    from parsl.executors import HighThroughputExecutor
    from parsl.providers import LocalProvider

    folder = tempfile.mkdtemp(prefix="almagest-parsl-")
    executor = HighThroughputExecutor(
        label="local", max_workers_per_node=2, address="127.0.0.1", provider=LocalProvider(init_blocks=1, max_blocks=1)
    )
    parsl.load(Config(executors=[executor], run_dir=folder, initialize_logging=False))
    try:
        app = parsl.python_app(trivial)
        [future.result() for future in [app(i) for i in range(20)]]
        start = time.perf_counter()
        [future.result() for future in [app(i) for i in range(count)]]
        return time.perf_counter() - start
    finally:
        parsl.dfk().cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def measure_hyperqueue(count):
    from hyperqueue import Job, LocalCluster
    from hyperqueue.cluster import WorkerConfig

    folder = tempfile.mkdtemp(prefix="almagest-hq-")
    os.chdir(folder)  # each task leaves files of its output where it is started
    try:
        with LocalCluster() as cluster:
            cluster.start_worker(WorkerConfig(cores=2))
            client = cluster.client()

            def run(size):
                job = Job()
                for _ in range(size):
                    job.program(["true"])
                client.wait_for_jobs([client.submit(job)])

            run(20)
            start = time.perf_counter()
            run(count)
            return time.perf_counter() - start
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    name, count = sys.argv[1], int(sys.argv[2])
    measure = {"dask": measure_dask, "parsl": measure_parsl, "hyperqueue": measure_hyperqueue}[name]
    print(json.dumps({"ms": measure(count) / count * 1000}))
