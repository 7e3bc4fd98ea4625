"""Every operation that changes something leaves an entry when it succeeds, on the log of whom it concerns."""

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from lamplighter import egress, secrets_store
from lamplighter.services import oidc_provider, personal_keys
from lamplighter.settings import settings
from tests.integration.accounts.oidc_providers import Provider, python_provider
from tests.integration.audit.changes import Change, Scene, changes, new_scene
from tests.integration.cloud import Cloud
from tests.integration.fake_network import FakeNetwork
from tests.integration.http import Answer
from tests.integration.tenancy.tenants import new_tenant

_MAIL = re.compile(r"[\w.+-]+@[\w-]+")
_SECRETS = re.compile(r"lmp_(live|test)_\w|\bey[\w-]+\.ey|\bsbx_")
_CHANGES = changes()


@pytest.fixture
def provider(aws: Cloud, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """Somewhere else to sign in."""
    with python_provider() as made:
        aws.secrets["oidc"] = json.dumps(dict(made.secret))
        monkeypatch.setenv("OIDC_SECRET_ID", "oidc")
        monkeypatch.setenv("EGRESS_ALLOW", f"{network.address},{made.netloc}")
        settings.cache_clear()
        yield made
    egress.close_idle()
    oidc_provider.forget()
    secrets_store.forget()


@pytest.fixture
def scene(aws: Cloud, superuser: psycopg.Connection[Any], provider: Provider) -> Scene:
    made = new_scene(new_tenant(aws, superuser), superuser, provider)
    give_personal_key(superuser, made.tenant.person.id)
    return made


def give_personal_key(behind: psycopg.Connection[Any], person_id: UUID) -> None:
    """What every account is born with, and the factories' people are not."""
    insert = "INSERT INTO personal_keys (owner_id, wrapped) VALUES (%s, %s)"
    behind.execute(insert, [person_id, personal_keys.new(person_id)])


@pytest.mark.parametrize("change", _CHANGES, ids=lambda change: change.label)
def test_a_change_is_on_the_log_of_those_it_concerns(change: Change, scene: Scene):
    answer = change.make(scene)
    if change.scheme == "api_key" and answer.status == 403:
        assert answer.json["code"] == "people_only"
        return
    assert answer.status < 300, answer.body
    entries = written(scene, answer)
    assert entries, "it succeeded, and left nothing on the audit log"
    for entry in entries:
        assert entry["actor_kind"] == change.actor_kind
        assert re.fullmatch(r"[a-z_]+\.[a-z_]+", entry["action"])
        assert concerned(entry) & known(scene, answer)
        assert_names_nobody(entry)
        if entry["actor_kind"] != "user" or entry["actor_id"] in known(scene, answer):
            assert entry["personal"], "from where is not on it"


def written(scene: Scene, answer: Answer) -> list[Any]:
    """The entries of the request."""
    query = "SELECT to_jsonb(a) FROM audit_log a WHERE request_id = %s"
    return [row for (row,) in scene.behind.execute(query, [answer.headers["request-id"]])]


def concerned(entry: Any) -> set[str]:
    """On whose log it stands."""
    return {entry[name] for name in ("workspace_id", "organization_id", "user_id")} - {None}


def known(scene: Scene, answer: Answer) -> set[str]:
    """Those in the scene, and whoever was made just now."""
    made = json.loads(answer.body or b"{}")
    new = {made.get("id"), made.get("user", {}).get("id")}
    return {str(id_) for id_ in (*scene.tenant.ids, scene.person.id)} | new


def assert_names_nobody(entry: Any) -> None:
    text = json.dumps(entry)
    assert not _MAIL.search(text), text
    assert not _SECRETS.search(text), text
