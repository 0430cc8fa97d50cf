"""The same S3 work by boto3: sizes in bytes and counts as arguments, seconds as JSON."""

import json
import os
import sys
import time

import boto3

bucket, large_path, small_count = sys.argv[1], sys.argv[2], int(sys.argv[3])
client = boto3.client("s3", endpoint_url=os.environ["S3_ENDPOINT_URL"])
small = os.urandom(4096)
client.put_object(Bucket=bucket, Key="warm", Body=small)


def seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


out = {
    "put": seconds(lambda: client.upload_file(large_path, bucket, "boto-large")),
    "get": seconds(lambda: client.download_file(bucket, "boto-large", large_path + ".down")),
    "put_small": seconds(lambda: [client.put_object(Bucket=bucket, Key=f"boto/{i}", Body=small) for i in range(small_count)]),
    "get_small": seconds(
        lambda: [client.get_object(Bucket=bucket, Key=f"boto/{i}")["Body"].read() for i in range(small_count)]
    ),
}
print(json.dumps(out))
