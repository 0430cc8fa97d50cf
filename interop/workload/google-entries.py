"""Reads the body of an entries:write with the types of Google's own client; prints what they understood."""
import json
import sys

from google.cloud.logging_v2.types import WriteLogEntriesRequest
from google.logging.type.log_severity_pb2 import LogSeverity
from google.protobuf import json_format

# Strict: a member that the service does not know, or of another type, is an error.
message = json_format.Parse(sys.stdin.read(), WriteLogEntriesRequest.pb()(), ignore_unknown_fields=False)
request = WriteLogEntriesRequest.wrap(message)
print(
    json.dumps(
        [
            {
                "log": request.log_name,
                "resource": entry.resource.type,
                "severity": LogSeverity.Name(entry.severity),
                "time": entry.timestamp.isoformat(timespec="milliseconds") if entry.timestamp else None,
                "text": entry.text_payload,
                "labels": dict(entry.labels),
                "id": entry.insert_id,
            }
            for entry in request.entries
        ]
    )
)
