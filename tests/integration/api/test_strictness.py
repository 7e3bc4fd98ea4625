"""What the API's description promises of a request's form holds: found by `make fuzz`, kept here."""

from typing import Any

import pytest

from tests.integration.http import Http


def fault(answer: Any) -> tuple[str, str]:
    [only] = answer.json["errors"]
    return only["pointer"], only["code"]


@pytest.mark.parametrize("size", [True, "1000"])
def test_a_whole_number_is_written_as_a_number(http: Http, size: object):
    answer = http.post("/media", {"byte_size": size})
    assert (answer.status, fault(answer)) == (422, ("/byte_size", "int_type"))


def test_a_whole_number_may_have_a_decimal_point(http: Http):
    assert http.post("/media", {"byte_size": 1000.0}).status == 201
