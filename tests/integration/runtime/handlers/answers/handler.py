"""Answers, and failures, of every kind."""

import base64
import os
import time


def handler(event, context):
    """What the path asks for."""
    return globals()[event["pathParameters"]["what"]](event)


def full(event):
    return {"statusCode": 201, "headers": {"X-Own": "1"}, "cookies": ["a=1", "b=2; Secure"], "body": "made"}


def binary(event):
    body = base64.b64encode(b"\x00\xff").decode()
    return {
        "statusCode": 200,
        "headers": {"content-type": "image/png"},
        "body": body,
        "isBase64Encoded": True,
    }


def inferred(event):
    return {"any": "JSON"}


def text(event):
    return "plain"


def fails(event):
    message = "on purpose"
    raise ValueError(message)


def no_response(event):
    return {"statusCode": "many"}


def not_json(event):
    return {1, 2}


def dies(event):
    os._exit(3)


def sleeps(event):
    time.sleep(30)


def naps(event):
    time.sleep(0.3)
    return {"pid": os.getpid()}


def huge(event):
    return "x" * (6 * 1024 * 1024 + 1)


def memory(event):
    return {"taken": len(bytearray(100 * 1024 * 1024))}
