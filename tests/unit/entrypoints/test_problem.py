"""Problems: what a refusal tells programs beside its code."""

import json

from lamplighter.entrypoints.problem import Occasion, domain_problem
from lamplighter.problems import DomainError, Kind, not_found

HERE = Occasion("/v1/workspaces", "request")


def test_a_refusal_may_name_what_it_is_about():
    error = DomainError(
        Kind.CONFLICT, "duplicate_publication", "It is there.", members={"publication_id": "7"}
    )
    answer = domain_problem(error, HERE)
    body = json.loads(answer.body or "")
    assert (answer.status_code, body["code"], body["publication_id"]) == (409, "duplicate_publication", "7")


def test_any_other_has_the_members_of_every_problem_alone():
    body = json.loads(domain_problem(not_found(), HERE).body or "")
    assert body.keys() == {"type", "title", "status", "detail", "instance", "code", "errors", "request_id"}
