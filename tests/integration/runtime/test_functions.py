"""Functions run as in Lambda: alone in their process, within their time, gone when idle."""

import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infra.local.code import CodeWatch
from infra.local.functions import Functions
from infra.local.pools import ThrottledError
from infra.local.template import Function


def asked(what):
    return {"pathParameters": {"what": what}}


def test_a_handler_sees_the_environment_that_the_template_gives_it(stack):
    shown = stack.invoke("echo").result["environment"]
    expected = {
        "ENVIRONMENT": "local",
        "GREETING": "hello, ${name}, from eu-west-1",
        "SECRETS_ENDPOINT": f"http://127.0.0.1:{stack.ports['secrets']}",
        "JOBS_URL": f"http://127.0.0.1:{stack.ports['aws']}/123456789012/lamplighter-Jobs",
        "BUCKET": "lamplighter-bucket",
        "LOOK_AHEAD_SECONDS": "7",
        "AWS_LAMBDA_FUNCTION_NAME": "EchoFunction",
        "AWS_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL_SQS": f"http://127.0.0.1:{stack.ports['aws']}",
        "AWS_ACCESS_KEY_ID": "local",
    }
    assert expected.items() <= shown.items()
    assert "OWN" not in shown
    assert "AWS_EXECUTION_ENV" not in shown
    assert stack.settings["LOOK_AHEAD_SECONDS"] == "7"


def test_the_context_of_an_invocation(stack):
    invocation = stack.invoke("EchoFunction", {"any": "event"})
    context = invocation.result["context"]
    assert invocation.result["event"] == {"any": "event"}
    assert context["aws_request_id"] == invocation.request_id
    assert context["invoked_function_arn"] == "arn:aws:lambda:eu-west-1:123456789012:function:EchoFunction"
    assert (context["function_version"], context["memory_limit_in_mb"]) == ("$LATEST", "64")
    assert 4000 < invocation.result["remaining"] <= 5000


def test_what_a_handler_prints_goes_to_its_log(stack):
    invocation = stack.invoke("echo")
    log = (stack.directory / "logs" / "echo.log").read_text()
    assert "echo says something\n" in log
    assert re.search(
        rf":\d\dZ REPORT RequestId: {invocation.request_id}\tDuration: [\d.]+ ms\tMemory Size: 64 MB\t",
        log,
    )


def test_an_error_tells_its_type_and_where_it_came_from(stack):
    error = stack.invoke("answers", asked("fails")).error
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "on purpose")
    assert "answers/handler.py" in error["stackTrace"][-1]


def test_an_invocation_that_takes_too_long_is_killed_in_time(stack):
    first = stack.invoke("answers", asked("naps")).result["pid"]
    started = time.monotonic()
    error = stack.invoke("answers", asked("sleeps")).error
    assert 0.9 < time.monotonic() - started < 3
    assert error["errorType"] == "Sandbox.Timedout"
    assert re.search(r"Task timed out after 1\.00 seconds$", error["errorMessage"])
    assert "Task timed out after 1.00 seconds" in (stack.directory / "logs" / "answers.log").read_text()
    assert stack.invoke("answers", asked("naps")).result["pid"] != first


def test_a_process_that_dies_fails_its_own_invocation_only(stack):
    error = stack.invoke("answers", asked("dies")).error
    assert error["errorType"] == "Runtime.ExitError"
    assert stack.invoke("answers", asked("inferred")).result == {"any": "JSON"}


def test_memory_over_the_limit_is_noted(stack):
    invocation = stack.invoke("answers", asked("memory"))
    assert invocation.max_memory_mb > 100
    assert invocation.exceeds_memory
    stack.functions.end_idle(0)


def test_invocations_at_the_same_time_have_processes_of_their_own_and_then_share(stack):
    with ThreadPoolExecutor(3) as threads:
        pids = {
            each.result["pid"]
            for each in threads.map(lambda _: stack.invoke("answers", asked("naps")), range(3))
        }
    assert len(pids) == 3
    assert stack.invoke("answers", asked("naps")).result["pid"] in pids


def test_idle_processes_are_ended(stack):
    pid = stack.invoke("echo").result["pid"]
    stack.functions.end_idle(60)
    assert pid in stack.functions.pools["EchoFunction"].pids()
    stack.functions.end_idle(0)
    assert stack.functions.pools["EchoFunction"].pids() == []
    assert stack.invoke("echo").result["pid"] != pid


@pytest.fixture
def own(tmp_path):
    """A function of the test's own; gives its handler's file and the running functions."""
    folder = tmp_path / "changing"
    folder.mkdir()
    file = folder / "handler.py"
    function = Function("Changing", folder, "handler.handler", 5, 128, 1, {}, (), (), ())
    functions = Functions([function], lambda _: {}, [tmp_path], tmp_path, preloaded=())
    yield file, functions
    functions.close()


def written(file: Path, body: str, *, at: int) -> None:
    file.write_text(f"import time\ndef handler(event, context):\n    {body}\n")
    os.utime(file, (at, at))


def test_reserved_concurrency_throttles(own):
    file, functions = own
    written(file, "time.sleep(1)", at=1)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(functions.invoke, "changing", {})
        while not functions.are_busy():
            time.sleep(0.01)
        with pytest.raises(ThrottledError):
            functions.invoke("changing", {}, patience=0.05)
        assert first.result().error is None


def test_a_change_of_the_code_is_run_at_the_next_invocation(own):
    file, functions = own
    written(file, "return 1", at=1)
    watch = CodeWatch([file.parent], functions.use_code, functions.end_idle)
    assert functions.invoke("changing", {}).result == 1
    written(file, "return 2", at=100)
    deadline = time.monotonic() + 5
    while functions.invoke("changing", {}).result != 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    watch.stop()
    assert functions.invoke("changing", {}).result == 2


def test_a_handler_that_cannot_be_imported_says_why_and_may_be_mended(own):
    file, functions = own
    written(file, "return 1", at=1)
    file.write_text("import nothing_of_that_name")
    error = functions.invoke("changing", {}).error
    assert error["errorType"] == "ModuleNotFoundError"
    written(file, "return 3", at=2)
    assert functions.invoke("changing", {}).result == 3


def test_the_process_that_forks_sandboxes_is_replaced_when_it_dies(own):
    file, functions = own
    written(file, "return 4", at=1)
    os.kill(functions.pid, 9)
    assert functions.invoke("changing", {}).result == 4
