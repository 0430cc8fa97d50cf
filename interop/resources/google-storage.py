"""What Google's own client, as lsst.resources uses it, makes of objects in an emulator. Reads a request as JSON, answers JSON."""

import datetime
import hashlib
import json
import sys

from lsst.resources import ResourcePath


def pattern(size, seed):
    block = hashlib.sha512(str(seed).encode()).digest()
    return (block * (size // len(block) + 1))[:size]


def read(request):
    found = {}
    for uri in request["uris"]:
        path = ResourcePath(uri)
        found[uri] = [path.size(), hashlib.md5(path.read()).hexdigest(), path.exists()]
    return found


def write(request):
    for uri, size in request["objects"]:
        ResourcePath(uri).write(pattern(size, uri))
    return {uri: hashlib.md5(pattern(size, uri)).hexdigest() for uri, size in request["objects"]}


def names(request):
    # lsst.resources itself does not encode names with '#?%' when it walks.
    from google.cloud import storage

    return sorted(blob.name for blob in storage.Client().list_blobs(request["bucket"]))


def sign(request):
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import storage
    from google.cloud.storage import _signing
    from google.oauth2 import service_account

    credentials = service_account.Credentials.from_service_account_info(request["account"])
    now = datetime.datetime.fromtimestamp(request["now"], datetime.timezone.utc)
    _signing._NOW = lambda *args: now if args else now.replace(tzinfo=None)
    client = storage.Client(project="p", credentials=AnonymousCredentials())
    return [
        client.bucket(bucket)
        .blob(key)
        .generate_signed_url(
            version="v4",
            expiration=datetime.timedelta(seconds=seconds),
            method=method,
            credentials=credentials,
            api_access_endpoint="https://storage.googleapis.com",
        )
        for bucket, key, method, seconds in request["targets"]
    ]


def assertion(request):
    from google.auth import _helpers
    from google.oauth2 import service_account

    now = datetime.datetime.fromtimestamp(request["now"], datetime.timezone.utc)
    _helpers.utcnow = lambda: now.replace(tzinfo=None)
    credentials = service_account.Credentials.from_service_account_info(
        request["account"], scopes=["https://www.googleapis.com/auth/devstorage.read_write"]
    )
    return credentials._make_authorization_grant_assertion().decode()


request = json.load(sys.stdin)
json.dump(globals()[request["do"]](request), sys.stdout)
