"""HTTP requests become events of payload format 2.0, and answers become responses, as in API Gateway."""

import http.client
import json
import re
import threading
import time
from contextlib import closing

import pytest

from infra.local import http_events
from infra.local.gateway import Gateway
from infra.local.pools import ThrottledError
from infra.local.ports import free
from infra.local.routing import Route


def test_the_event_of_a_request(call, stack):
    headers = {
        "X-Own": "A",
        "x-other": "b",
        "Cookie": "c=1; d=2",
        "User-Agent": "tests",
        "Content-Type": "text/plain",
    }
    shown = call("POST", "/echo/a%20b/c?q=1&q=2&e=%C3%A9&empty=", "héllo".encode(), headers).json()
    event = shown["event"]
    context = event["requestContext"]
    address = f"127.0.0.1:{stack.ports['gateway']}"
    assert event["version"] == "2.0"
    assert event["routeKey"] == context["routeKey"] == "ANY /echo/{proxy+}"
    assert event["rawPath"] == context["http"]["path"] == "/echo/a b/c"
    assert event["rawQueryString"] == "q=1&q=2&e=%C3%A9&empty="
    assert event["queryStringParameters"] == {"q": "1,2", "e": "é", "empty": ""}
    assert event["pathParameters"] == {"proxy": "a b/c"}
    assert event["cookies"] == ["c=1", "d=2"]
    assert (event["body"], event["isBase64Encoded"]) == ("héllo", False)
    sent = {"x-own": "A", "x-other": "b", "user-agent": "tests", "host": address, "x-forwarded-proto": "http"}
    assert sent.items() <= event["headers"].items()
    assert "cookie" not in event["headers"]
    assert (context["stage"], context["domainName"]) == ("$default", address)
    assert context["http"] | {"path": ""} == {
        "method": "POST",
        "path": "",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "tests",
    }
    assert abs(context["timeEpoch"] / 1000 - time.time()) < 5
    assert re.fullmatch(r"\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000", context["time"])
    assert context["requestId"]


def test_a_bare_request_has_no_empty_fields(call):
    event = call("GET", "/echo").json()["event"]
    assert not {"body", "cookies", "queryStringParameters", "pathParameters"} & event.keys()


def test_headers_that_occur_twice_are_joined():
    request = http_events.Request("GET", "/", [("A", "1"), ("a", "2")], b"", "127.0.0.1")
    assert http_events.event(request, http_events.Match("$default", "F", {}))["headers"]["a"] == "1,2"


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        ("application/json", b"{}", ("{}", False)),
        ("text/csv; charset=utf-8", b"a", ("a", False)),
        ("image/png", b"a", ("YQ==", True)),
        ("application/x-www-form-urlencoded", b"a", ("YQ==", True)),
        ("text/plain", b"\xff", ("/w==", True)),
    ],
)
def test_bodies_that_are_not_text_come_in_base64(call, content_type, body, expected):
    event = call("POST", "/echo", body, {"Content-Type": content_type}).json()["event"]
    assert (event["body"], event["isBase64Encoded"]) == expected


def test_a_whole_response(call):
    answer = call("GET", "/answers/full")
    assert (answer.status, answer.body, answer.header("x-own")) == (201, b"made", "1")
    assert [value for name, value in answer.headers if name == "set-cookie"] == ["a=1", "b=2; Secure"]
    assert answer.header("content-type") == "text/plain; charset=utf-8"


def test_a_binary_response(call):
    answer = call("GET", "/answers/binary")
    assert (answer.body, answer.header("content-type")) == (b"\x00\xff", "image/png")


@pytest.mark.parametrize(("what", "body"), [("inferred", b'{"any": "JSON"}'), ("text", b"plain")])
def test_an_answer_without_a_status_is_a_body(call, what, body):
    answer = call("GET", f"/answers/{what}")
    assert (answer.status, answer.body, answer.header("content-type")) == (200, body, "application/json")


@pytest.mark.parametrize("what", ["fails", "no_response", "not_json", "dies", "huge", "sleeps"])
def test_every_failure_of_a_function_is_the_same_500(call, what):
    answer = call("GET", f"/answers/{what}")
    assert (answer.status, answer.json()) == (500, {"message": "Internal Server Error"})


def test_what_has_no_route_is_not_found(call):
    assert (call("GET", "/nowhere").status, call("GET", "/nowhere").json()) == (404, {"message": "Not Found"})


def test_every_request_is_in_the_access_log_in_the_templates_format(call, stack):
    request_id = call("GET", "/echo").json()["event"]["requestContext"]["requestId"]
    call("GET", "/nowhere")
    lines = [json.loads(line) for line in (stack.directory / "logs" / "access.log").read_text().splitlines()]
    [found] = [line for line in lines if line["request_id"] == request_id]
    assert (found["route"], found["status"], found["error"]) == ("ANY /echo", "200", "-")
    assert abs(int(found["time"]) / 1000 - time.time()) < 5
    assert 0 <= int(found["ms"]) < 5000
    assert ("-", "404") in [(line["route"], line["status"]) for line in lines]


def test_a_body_over_ten_megabytes_is_refused_and_one_that_fits_is_not(call):
    too_large = call("POST", "/echo", b"x" * (10 * 1024 * 1024 + 1), {"Content-Type": "text/plain"})
    assert (too_large.status, too_large.json()) == (413, {"message": "Request Entity Too Large"})
    fits = call("POST", "/echo", b"x" * 1_000_000, {"Content-Type": "text/plain"})
    assert len(fits.json()["event"]["body"]) == 1_000_000


def test_a_body_in_chunks_is_one_body(call, stack):
    connection = http.client.HTTPConnection("127.0.0.1", stack.ports["gateway"])
    chunks = iter([b"one ", b"two"])
    connection.request("POST", "/echo", chunks, {"Content-Type": "text/plain"}, encode_chunked=True)
    assert b'"body": "one two"' in connection.getresponse().read()
    connection.close()


@pytest.mark.parametrize("length", [":", "-1", "1.5", ""])
def test_a_length_that_is_no_number_is_refused(stack, length):
    with closing(http.client.HTTPConnection("127.0.0.1", stack.ports["gateway"], timeout=5)) as connection:
        connection.putrequest("POST", "/echo")
        connection.putheader("Content-Length", length)
        connection.endheaders()
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())) == (400, {"message": "Bad Request"})


def test_a_connection_serves_many_requests(stack):
    connection = http.client.HTTPConnection("127.0.0.1", stack.ports["gateway"])
    for _ in range(3):
        connection.request("GET", "/answers/inferred")
        assert connection.getresponse().read() == b'{"any": "JSON"}'
    connection.close()


def test_a_browsers_question_is_answered_by_the_gateway(call):
    asks = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    allowed = call("OPTIONS", "/answers/full", headers=asks)
    assert (allowed.status, allowed.header("access-control-allow-origin")) == (204, "https://app.example")
    assert allowed.header("access-control-allow-methods") == "GET,POST"
    assert allowed.header("access-control-max-age") == "600"
    refused = call("OPTIONS", "/answers/full", headers=asks | {"Origin": "https://other.example"})
    assert refused.header("access-control-allow-origin") is None
    answer = call("GET", "/answers/full", headers={"Origin": "https://app.example"})
    assert (answer.status, answer.header("access-control-allow-origin")) == (201, "https://app.example")


@pytest.fixture
def slow_gateway():
    release = threading.Event()

    def invoke(name, event, patience):
        if "busy" in event["rawPath"]:
            raise ThrottledError
        release.wait(10)

    port = free()
    gateway = Gateway(port, [Route("ANY", "$default", "F")], invoke, None, integration_seconds=0.2)
    yield port
    release.set()
    gateway.close()


@pytest.mark.parametrize("path", ["/slow", "/busy"])
def test_a_function_that_keeps_the_caller_waiting_is_unavailable(slow_gateway, path):
    connection = http.client.HTTPConnection("127.0.0.1", slow_gateway)
    connection.request("GET", path)
    response = connection.getresponse()
    assert (response.status, response.read()) == (503, b'{"message": "Service Unavailable"}')
    connection.close()
