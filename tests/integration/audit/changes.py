"""Every operation that changes something, and how each is made to succeed."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import psycopg

from lamplighter.domain.mails import token_hash
from tests.integration.accounts.oidc_providers import Provider
from tests.integration.accounts.people import (
    PASSWORD,
    Somebody,
    new_client,
    new_email,
    somebody,
    verification,
    write_mail_token,
)
from tests.integration.http import Answer, Http
from tests.integration.tenancy.operations import DOCUMENT, Operation, operations
from tests.integration.tenancy.strangers import as_itself
from tests.integration.tenancy.tenants import Tenant

NEW_PASSWORD = "orchards, lamps and kelp"


KEEPS_NOTHING = {"preview_recurring_post"}
"""What only looks as if it changed something."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Whose doings are looked at: a tenant's, and those of a person with an account of their own."""

    tenant: Tenant
    behind: psycopg.Connection[Any]
    person: Somebody
    provider: Provider
    """Where people may sign in by OpenID Connect."""

    def token(self, purpose: str, email: str | None = None) -> str:
        """What a mail to the person proves."""
        return write_mail_token(self.behind, email or self.person.email, purpose, self.person.id)


def new_scene(tenant: Tenant, behind: psycopg.Connection[Any], provider: Provider) -> Scene:
    """With somebody who just signed up."""
    device = new_client()
    answer = device.post("verify-email", verification(write_mail_token(behind, new_email(), "sign_up")))
    assert answer.status == 201, answer.body
    return Scene(tenant, behind, somebody(answer, device), provider)


@dataclass(frozen=True, slots=True)
class Change:
    """One operation, called one way, in a scene; its answer."""

    name: str
    scheme: str
    make: Callable[[Scene], Answer]

    @property
    def actor_kind(self) -> str:
        """As what the log knows the caller."""
        if self.name.endswith("_by_link"):
            return "approval_link"
        return "api_key" if self.scheme == "api_key" else "user"

    @property
    def label(self) -> str:
        return f"{self.name}-{self.scheme}" if self.scheme else self.name


def changing() -> dict[str, tuple[str, str]]:
    """Method and path of every operation that may change something, by name; the sandbox network apart."""
    return {
        given["operationId"]: (method.upper(), path)
        for path, item in DOCUMENT["paths"].items()
        for method, given in item.items()
        if method != "get" and not path.startswith("/sandbox")
    }


def changes() -> list[Change]:
    """Each of them, by each kind of caller that it is open to."""
    named = {operation.name: operation for operation in operations()}
    found = []
    for name in changing():
        if name in BY_HAND:
            found.append(Change(name, "", BY_HAND[name]))
        elif name in named and name not in KEEPS_NOTHING:
            found += [Change(name, scheme, _as_itself(named[name], scheme)) for scheme in named[name].schemes]
    return found


def _as_itself(operation: Operation, scheme: str) -> Callable[[Scene], Answer]:
    return lambda scene: as_itself(operation, scheme, scene.tenant)


def _me(scene: Scene, method: str, path: str = "", body: Any = None) -> Answer:
    etag = scene.person.client.call("GET", "/v1/users/me").headers["etag"]
    return scene.person.client.call(method, f"/v1/users/me{path}", body, **{"if-match": etag})


def _verify_email(scene: Scene) -> Answer:
    token = write_mail_token(scene.behind, new_email(), "sign_up")
    return new_client().post("verify-email", verification(token))


def _log_in(scene: Scene) -> Answer:
    return new_client().post("login", {"email": scene.person.email, "password": PASSWORD})


def _change_password(scene: Scene) -> Answer:
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    return scene.person.client.post("password", body)


def _complete_password_reset(scene: Scene) -> Answer:
    body = {"token": scene.token("reset_password"), "password": NEW_PASSWORD}
    return new_client().post("password-reset/complete", body)


def _complete_email_change(scene: Scene) -> Answer:
    return _me(scene, "POST", "/email/complete", {"token": scene.token("change_email", new_email())})


def _accept_invitation(scene: Scene) -> Answer:
    token = secrets.token_urlsafe(32)
    scene.behind.execute(
        "INSERT INTO invitations (id, organization_id, email, role, token_hash, expires_at)"
        " VALUES (%s, %s, %s, 'member', %s, now() + interval '1 day')",
        [uuid4(), scene.tenant.first.organization_id, scene.person.email, token_hash(token)],
    )
    return scene.person.client.post("invitations/accept", {"token": token})


def _complete_oidc_login(scene: Scene) -> Answer:
    device = new_client()
    begun = device.post("oidc/start", {}).json
    back = scene.provider.sign_in(begun["authorization_url"], "ada")
    body = {"login_token": begun["login_token"], "state": back["state"], "code": back["code"]}
    return device.post("oidc/complete", body)


def _by_link(scene: Scene, decision: str) -> Answer:
    tenant = scene.tenant
    publication_id = tenant.make("publication_id", "/{publication_id}/approval-links")
    made = tenant.key.post(f"/publications/{publication_id}/approval-links", {})
    client = Http("", made.json["token"])
    shown = {"approval_hash": client.get("/v1/approval").json["approval_hash"]}
    return client.post(f"/v1/approval/{decision}", shown)


BY_HAND: Mapping[str, Callable[[Scene], Answer]] = {
    "verify_email": _verify_email,
    "accept_invitation": _accept_invitation,
    "complete_oidc_login": _complete_oidc_login,
    "log_in": _log_in,
    "log_out": lambda scene: scene.person.client.post("logout"),
    "log_out_everywhere": lambda scene: scene.person.client.post("logout-all"),
    "change_password": _change_password,
    "complete_password_reset": _complete_password_reset,
    "update_me": lambda scene: _me(scene, "PATCH", "", {"name": "Grace"}),
    "change_email": lambda scene: _me(scene, "POST", "/email", {"email": new_email(), "password": PASSWORD}),
    "complete_email_change": _complete_email_change,
    "delete_me": lambda scene: _me(scene, "DELETE", f"?confirm={scene.person.id}"),
    "create_my_export": lambda scene: _me(scene, "POST", "/exports"),
    "approve_by_link": lambda scene: _by_link(scene, "approve"),
    "reject_by_link": lambda scene: _by_link(scene, "reject"),
    "create_organization": lambda scene: scene.person.client.call(
        "POST", "/v1/organizations", {"name": "Harbour", "slug": scene.tenant.mark + "-2"}
    ),
}
"""What takes no id, or a token that no id leads to."""
