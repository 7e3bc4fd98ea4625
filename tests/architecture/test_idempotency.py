"""Every POST heeds Idempotency-Key, or says here why it need not."""

import importlib
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.local import template as templates

ROOT = Path(__file__).resolve().parents[2]
SANDBOX = "sandbox"
"""The network that we imitate: it heeds keys in a way of its own."""

_A_MAIL = "does nothing but send a mail, a few an hour at most"
_A_TOKEN = "takes a mailed token, which is good for one use"
_TOKENS = "its answer holds a session's tokens, which nobody may be given twice"
_ENDS = "ends what a repetition finds ended"
EXEMPT = {
    "sign_up": _A_MAIL,
    "reset_password": _A_MAIL,
    "change_email": _A_MAIL,
    "verify_email": _A_TOKEN,
    "complete_password_reset": _A_TOKEN,
    "complete_email_change": _A_TOKEN,
    "accept_invitation": _A_TOKEN,
    "log_in": _TOKENS,
    "refresh": _TOKENS,
    "start_oidc_login": "keeps nothing: what it begins travels with the browser",
    "complete_oidc_login": _TOKENS,
    "log_out": _ENDS,
    "log_out_everywhere": _ENDS,
    "preview_recurring_post": "keeps nothing: it shows what a schedule comes to",
    "change_password": "takes the present password, which a repetition finds changed",
}
"""Handlers by name, and why a repetition does no harm or must not be answered."""


def posts() -> list[Any]:
    """The handlers of every POST."""
    functions = templates.load(ROOT / "template.yaml").functions()
    names = [function.name for function in functions if function.routes and function.name != SANDBOX]
    apps = [importlib.import_module(f"functions.{name}.handler").app for name in names]
    routes = [route for app in apps for route in app._static_routes + app._dynamic_routes]
    return [route.func for route in routes if route.method == "POST"]


def heeds_keys(handler: Callable[..., Any]) -> bool:
    """Whether it claims the key and keeps its answer."""
    source = inspect.getsource(handler)
    return "app.once(tx" in source and ".kept(" in source


@pytest.mark.parametrize("handler", posts(), ids=lambda handler: handler.__name__)
def test_a_post_heeds_idempotency_keys_or_is_excused(handler: Callable[..., Any]):
    assert heeds_keys(handler) is not (handler.__name__ in EXEMPT)


def test_only_what_exists_is_excused():
    assert EXEMPT.keys() <= {handler.__name__ for handler in posts()}


def test_an_answer_that_shows_a_secret_is_kept_sealed():
    for handler in posts():
        source = inspect.getsource(handler)
        shows = ("key=key", "upload=", '"token": token', "secret=secret")
        if any(each in source for each in shows):
            assert "secret=True" in source, handler.__name__
