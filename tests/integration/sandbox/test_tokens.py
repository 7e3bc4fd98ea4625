"""Who has an account on the sandbox network: whoever bears a token that this deployment issued."""

from uuid import uuid4

import pytest

from lamplighter import secrets_store
from lamplighter.domain.sandbox_tokens import signed
from lamplighter.postgres.session import transaction
from lamplighter.schemas.sandbox import SandboxCallRead
from lamplighter.services import sandbox, sandbox_calls
from lamplighter.settings import settings
from tests.integration.cloud import SANDBOX_KEY
from tests.integration.sandbox.client import Client

INVENTED = [
    "nonsense",
    "sbx_0123456789abcdef",
    signed("ada", "of another deployment"),
    signed("ada", SANDBOX_KEY)[:-1],
    signed("ada", SANDBOX_KEY).replace("ada", "eve"),
]


@pytest.mark.parametrize("token", INVENTED)
def test_an_invented_token_opens_no_account(token: str):
    stranger = Client(token)
    for answer in (
        stranger.post(),
        stranger.upload(),
        stranger.switch_on(fault="reject"),
        stranger.call("GET", "/sandbox/api/posts"),
        stranger.call("GET", "/sandbox/api/calls"),
    ):
        assert (answer.status, answer.json["code"]) == (401, "unauthenticated")
        assert answer.headers["www-authenticate"] == "Bearer"
        assert token not in answer.body.decode()
    with transaction() as tx:
        assert sandbox.recent(tx, stranger.account, "") == []
        assert sandbox_calls.listed(tx, stranger.account) == []


def test_a_strangers_call_is_recorded_as_nobodys_without_any_of_the_token():
    stranger = Client(signed(seed := uuid4().hex, "of another deployment"))
    stranger.post("from a stranger", key=(key := uuid4().hex))
    with transaction() as tx:
        [call] = [call for call in sandbox_calls.listed(tx, None) if call.idempotency_key == key]
        recorded = SandboxCallRead.model_validate(call)
    assert (recorded.account, recorded.outcome, recorded.status) == (sandbox_calls.NOBODY, "refused", 401)
    assert seed not in recorded.model_dump_json()


def test_the_same_token_opens_the_same_account(ada: Client):
    ada.post("once")
    assert Client(ada.token).texts() == ["once"]


def test_while_the_key_can_not_be_read_nobody_is_told_that_their_token_is_lost(
    ada: Client, nobody: Client, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as broken:
        broken.setenv("SANDBOX_SECRET_ID", "away")
        settings.cache_clear()
        secrets_store.forget()
        answer = ada.post()
        assert (answer.status, answer.json["code"]) == (500, "internal_error")
        assert nobody.page().status == 200
    settings.cache_clear()
    assert ada.post("kept").status == 201
    assert ada.texts() == ["kept"]
