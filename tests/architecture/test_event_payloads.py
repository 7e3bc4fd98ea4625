"""What is published of each type of event is what the catalogue and the snapshots say."""

import json
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from jsonschema import ValidationError

from infra.tools import openapi, openapi_events
from lamplighter.domain import events as catalogue
from lamplighter.domain.events import CATALOGUE, PLATFORM, SNAPSHOTS, fitted
from lamplighter.domain.webhooks import LONGEST_BODY
from lamplighter.schemas import events as schemas
from lamplighter.schemas.event_data import PostSnapshot
from tests import payloads

PUBLISHED = json.loads(openapi.DOCUMENT.read_text())["webhooks"]


def test_every_type_is_published_and_no_other():
    assert PUBLISHED.keys() == CATALOGUE.keys() == schemas.EVENTS.keys()


@pytest.mark.parametrize("event_type", CATALOGUE)
def test_an_example_is_what_the_schema_says(event_type: str):
    payloads.check(openapi_events.example(event_type))


@pytest.mark.parametrize("event_type", CATALOGUE)
def test_a_schema_refuses_a_field_that_it_does_not_name_and_another_version(event_type: str):
    example = openapi_events.example(event_type)
    for wrong in (
        {**example, "data": {**example["data"], "invented": 1}},
        {**example, "version": example["version"] + 1},
        {**example, "data": {}},
    ):
        with pytest.raises(ValidationError):
            payloads.check(wrong)


def test_snapshots_are_modelled_as_they_are_read():
    assert {kind: tuple(model.model_fields) for kind, model in schemas.SNAPSHOTS.items()} == SNAPSHOTS
    assert tuple(PostSnapshot.model_fields) == PLATFORM


def test_every_field_has_its_meaning():
    assert {name for kind in CATALOGUE.values() for name in kind.fields} == schemas.FIELDS.keys()


def test_names_of_schemas_are_their_own():
    names = [model.__name__ for model in schemas.EVENTS.values()]
    assert len(set(names)) == len(CATALOGUE)


def test_a_version_is_counted_in_the_schema_too(monkeypatch: pytest.MonkeyPatch):
    kind = replace(CATALOGUE["content.created"], version=2)
    model = schemas._event("content.created", kind)
    assert model.model_json_schema()["properties"]["version"]["const"] == 2


def publication(text: str, accounts: int = 50) -> dict[str, object]:
    """The data of a publication on so many accounts, of which the networks say this much."""
    platforms = [
        {
            "id": str(uuid4()),
            "connection_id": str(uuid4()),
            "platform": "x" * 20,
            "status": "publishing",
            "url": text,
            "platform_post_id": text,
            "error_code": text[:100],
            "published_at": "2026-11-22T17:00:01.250000+00:00",
        }
        for _ in range(accounts)
    ]
    snapshot = {**openapi_events.example("publication.published")["data"]["publication"]}
    return {"publication_id": str(uuid4()), "publication": {**snapshot, "platforms": platforms}}


@pytest.mark.parametrize("text", ["short", "x" * 512, "ü" * 512, '"' * 512, "\x01" * 512, "💡" * 5000])
def test_the_longest_publication_fits(text: str):
    whole = publication(text)
    data = fitted(whole)
    payloads.check({**openapi_events.example("publication.failed"), "data": data})
    if text == "short":
        assert data is whole
    else:
        assert data["truncated"][0] == "publication.platforms.url"
        assert len(data["publication"]["platforms"]) == 50


def test_what_fits_is_left_as_it_is_and_no_more_is_emptied_than_must_be():
    few = publication("x" * 512, accounts=3)
    assert fitted(few) is few
    links = publication("x" * 45)
    data = fitted(links)
    assert data["truncated"] == ["publication.platforms.url"]
    assert {each["platform_post_id"] for each in data["publication"]["platforms"]} == {"x" * 45}


def test_long_lists_and_messages_fit_too():
    ids = [str(uuid4()) for _ in range(5000)]
    example = openapi_events.example("content.updated")
    data = fitted({**example["data"], "publication_ids": ids})
    payloads.check({**example, "data": data})
    assert data["truncated"] == ["publication_ids"]
    assert data["publication_ids"] == ids[: len(data["publication_ids"])]
    example = openapi_events.example("recurring_post.failed")
    data = fitted({**example["data"], "message": "ü" * 20_000})
    payloads.check({**example, "data": data})
    assert data["truncated"] == ["message"]


def test_room_is_left_for_the_envelope():
    envelope = {**openapi_events.example("recurring_post.occurrence_restored"), "data": {}}
    longest = {**envelope, "sequence": 2**63}
    assert len(json.dumps(longest)) + catalogue.LONGEST_DATA < LONGEST_BODY


KNOWN = Path(__file__).parent / "event_payloads.json"
"""What receivers were promised: the fields of each type's payload, by version."""


def test_a_payload_that_changes_has_a_new_version():
    known = json.loads(KNOWN.read_text())
    current = {f"{name} {kind.version}": payloads.fields(name) for name, kind in CATALOGUE.items()}
    changed = [name for name, fields in current.items() if known.get(name) != fields]
    assert changed == [], (
        "count up the version in domain/events.py, and add what it has to event_payloads.json"
    )


def test_what_was_promised_once_is_not_forgotten():
    assert {name.split(" ")[0] for name in json.loads(KNOWN.read_text())} == CATALOGUE.keys()
