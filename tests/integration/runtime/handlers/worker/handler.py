"""Writes down each message as it comes; fails those that say so."""

import json
import os
import time
from pathlib import Path


def handler(event, context):
    """Messages say {"name", "fail"?, "sleep"?, "raise"?, "book"}."""
    failed = []
    for record in event["Records"]:
        job = json.loads(record["body"])
        line = {"at": time.time(), "name": job["name"], "record": record, "batch": len(event["Records"])}
        with Path(job["book"]).open("a") as book:
            book.write(json.dumps(line | {"pid": os.getpid()}) + "\n")
        time.sleep(job.get("sleep", 0))
        if job.get("raise"):
            raise RuntimeError(job["name"])
        if job.get("fail"):
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
