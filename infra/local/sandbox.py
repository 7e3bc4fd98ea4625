"""Inside a sandbox: a process that imports one handler and runs one invocation at a time, as in Lambda."""

import importlib
import json
import os
import resource
import socket
import sys
import time
import traceback
import zoneinfo
from collections.abc import Callable, Mapping
from typing import Any

from infra.local import frames

Handler = Callable[[Any, "LambdaContext"], Any]
RESPONSE_LIMIT = 6 * 1024 * 1024
_KILOBYTES_PER_UNIT = 1 / 1024 if sys.platform == "darwin" else 1  # ru_maxrss is in bytes on macOS


class CognitoIdentity:
    """Who called through a mobile SDK: nobody, here."""

    cognito_identity_id = None
    cognito_identity_pool_id = None


class LambdaContext:
    """The second argument of a handler, attribute for attribute as in Lambda's Python runtime."""

    def __init__(self, request_id: str, deadline: float) -> None:
        self.aws_request_id = request_id
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]  # text in Lambda, too
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        account, region = os.environ["LOCAL_ACCOUNT_ID"], os.environ["AWS_REGION"]
        self.invoked_function_arn = f"arn:aws:lambda:{region}:{account}:function:{self.function_name}"
        self.client_context = None
        self.identity = CognitoIdentity()
        self.tenant_id = None
        self._deadline = deadline

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the process is ended."""
        return max(0, int((self._deadline - time.time()) * 1000))

    def log(self, message: object) -> None:
        """Write to the function's log."""
        sys.stdout.write(str(message))


def serve(channel: socket.socket, settings: Mapping[str, Any]) -> None:
    """Become the sandbox that `settings` describe and answer invocations until the runtime hangs up."""
    _redirect_output(settings["log"])
    os.environ.clear()
    os.environ.update(settings["environment"])
    zoneinfo.reset_tzpath()  # it was read as the zygote began
    try:
        module, _, name = settings["handler"].rpartition(".")
        handler: Handler = getattr(importlib.import_module(module), name)
    except BaseException as error:  # whatever the import raises is the answer
        traceback.print_exc()
        frames.send(channel, {"error": _described(error)})
        return
    frames.send(channel, {"ready": True})
    while (request := frames.receive(channel)) is not None:
        frames.send(channel, _answer(handler, request))


def _answer(handler: Handler, request: Mapping[str, Any]) -> dict[str, Any]:
    """What the handler returns, or how it failed, with the memory this process has used at most."""
    started = time.perf_counter()
    answer: dict[str, Any]
    try:
        returned = handler(request["event"], LambdaContext(request["request_id"], request["deadline"]))
        answer = {"result": json.dumps(returned)}
        if len(answer["result"]) > RESPONSE_LIMIT:
            answer = {"error": _too_large(len(answer["result"]))}
    except BaseException as error:  # the runtime reports it; SystemExit too is only an error here
        traceback.print_exc()
        answer = {"error": _described(error)}
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KILOBYTES_PER_UNIT / 1024
    answer["max_memory_mb"] = round(used)
    milliseconds = (time.perf_counter() - started) * 1000
    memory = (
        f"Memory Size: {os.environ['AWS_LAMBDA_FUNCTION_MEMORY_SIZE']} MB\tMax Memory Used: {used:.0f} MB"
    )
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    report = f"REPORT RequestId: {request['request_id']}\tDuration: {milliseconds:.2f} ms\t{memory}"
    print(f"{now} {report}", flush=True)
    sys.stderr.flush()
    return answer


def _described(error: BaseException) -> dict[str, Any]:
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "stackTrace": traceback.format_tb(error.__traceback__),
    }


def _too_large(size: int) -> dict[str, Any]:
    allowed = f"maximum allowed payload size ({RESPONSE_LIMIT} bytes)"
    message = f"Response payload size ({size} bytes) exceeded {allowed}."
    return {"errorMessage": message, "errorType": "Function.ResponseSizeTooLarge"}


def _redirect_output(log: str) -> None:
    """Both outputs append to the function's log, line by line."""
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    sys.stdout = os.fdopen(1, "w", buffering=1, encoding="utf-8", errors="backslashreplace")
    sys.stderr = os.fdopen(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace")
