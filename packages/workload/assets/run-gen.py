#!/usr/bin/env python3
"""Runs a user's command in a job of PanDA: fetches the sandbox, runs, and gives the outputs their names.

The transformation of tasks that name none (prun's). Python's standard library only.
"""

import ast
import os
import subprocess
import sys
import tarfile
import urllib.parse
import urllib.request


def read_words(words):
    options = {}
    index = 0
    while index < len(words):
        name = words[index]
        if name in ("-j", "--sourceURL", "-r", "-a", "-o", "-p", "-i") and index + 1 < len(words):
            options[name] = words[index + 1]
            index += 1
        index += 1
    return options


def main():
    options = read_words(sys.argv[1:])
    home = os.getcwd()
    work = os.path.join(home, "workDir")
    os.makedirs(work, exist_ok=True)
    archive = options.get("-a")
    if archive:
        url = options.get("--sourceURL", "").rstrip("/") + "/cache/" + os.path.basename(archive)
        print("fetching", url, flush=True)
        path, _ = urllib.request.urlretrieve(url, os.path.join(work, os.path.basename(archive)))
        with tarfile.open(path) as tar:
            tar.extractall(work, filter="data") if hasattr(tarfile, "data_filter") else tar.extractall(work)
    where = os.path.join(work, options.get("-r", "."))
    command = urllib.parse.unquote(options.get("-p", ""))
    print("running", command, flush=True)
    code = subprocess.call(["/bin/bash", "-c", command], cwd=where)
    if code != 0:
        print("the command ended with", code, file=sys.stderr)
        return code if 0 < code < 256 else 1
    for name, target in ast.literal_eval(options.get("-o", "{}")).items():
        source = os.path.join(where, name)
        if not os.path.exists(source):
            print("the output", name, "is missing", file=sys.stderr)
            return 40
        os.replace(source, os.path.join(home, target))
    return 0


sys.exit(main())
