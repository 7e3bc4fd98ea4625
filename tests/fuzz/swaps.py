"""Calls that end or use up something are led to what was made for them: the operation is called as generated,
but with ids and credentials of its own.

A swap is made where the case names something that exists, so that what Schemathesis breaks stays broken. What
only a mail or a read could have told (a token, a password, the slug that confirms) is filled in most of the
time, where the case is to be accepted.
"""

from collections.abc import Callable, Mapping
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import urllib3

from infra.tools.fuzz_people import PASSWORD, Person
from infra.tools.fuzz_provider import REDIRECT_URI
from lamplighter.ids import new_id
from tests.fuzz.calls import Call, is_id
from tests.fuzz.posts import LEADS

RARELY = 0.2
CREDENTIALS = {
    "sandbox": {"handle": "ada"},
    "bluesky": {"identifier": "ada.example.com", "app_password": "abcd-efgh-ijkl-mnop"},
    "mastodon": {"access_token": "of ada's"},
    "threads": {"access_token": "of ada's"},
    "linkedin": {"access_token": "of ada's", "organization": "2414183"},
    "telegram": {"bot_token": "4839574812:of-a-bot-that-nobody-has", "chat_id": "@lamps_daily"},
}


def start_oidc_login(call: Call) -> None:
    call.fill(redirect_uri=REDIRECT_URI)


def complete_oidc_login(call: Call) -> None:
    """As a browser that was at the provider's."""
    base = str(call.case.operation.schema.get_base_url()).rstrip("/")
    begun = urllib3.request("POST", f"{base}/v1/auth/oidc/start", json={}).json()
    asked = parse_qs(urlsplit(begun["authorization_url"]).query)
    came = {"state": asked["state"][0], "code": asked["nonce"][0], "redirect_uri": REDIRECT_URI}
    call.fill(login_token=begun["login_token"], **came)


def verify_email(call: Call) -> None:
    id_ = new_id()
    call.fill(token=call.people.mail_token("sign_up", id_, f"{id_.hex}@example.com"))
    call.lengthen("password")
    call.zone()


def log_in(call: Call) -> None:
    call.fill(email=call.people.person().email, password=PASSWORD)


def refresh(call: Call) -> None:
    call.fill(refresh_token=call.people.refresh_token())


def log_out(call: Call) -> None:
    call.by(call.people.person())


def change_password(call: Call) -> None:
    call.by(call.people.person())
    call.fill(current_password=PASSWORD)
    call.lengthen("new_password")


def complete_password_reset(call: Call) -> None:
    person = call.people.person()
    call.fill(token=call.people.mail_token("reset_password", person.id, person.email))
    call.lengthen("password")


def accept_invitation(call: Call) -> None:
    """Half of them by somebody who has an account, into the organization or the workspace."""
    scene, workspace_id = call.scene, call.scene.dice.choice([call.scene.workspace_id, None])
    if call.is_named and scene.dice.random() < 0.5:  # half
        del call.case.headers["Authorization"]
    person = call.people.person() if call.is_named else None
    email = "" if person is None else person.email
    call.fill(token=call.people.invitation(scene.organization_id, workspace_id, email)[1])
    call.lengthen("password")
    call.zone()
    if person is not None:
        call.by(person)
    elif call.fits and isinstance(call.case.body, dict):
        given = {name: value for name, value in call.case.body.items() if value is not None}
        call.case.body = {"name": "Ada", "password": PASSWORD, **given}


def update_me(call: Call) -> None:
    call.zone()


def delete_me(call: Call) -> None:
    person = call.by(call.people.person())
    call.confirm(str(person.id))


def change_email(call: Call) -> None:
    call.by(call.people.person())
    call.fill(password=PASSWORD)


def complete_email_change(call: Call) -> None:
    """Now and then to an address that somebody else has by now."""
    person, email = call.by(call.people.person()), f"{new_id().hex}@example.com"
    if not call.is_first and call.scene.dice.random() < RARELY:
        email = call.people.person().email
    call.fill(token=call.people.mail_token("change_email", person.id, email))


def end_session(call: Call) -> None:
    call.lead("session_id", call.people.session(call.scene.owner_id))


def create_my_export(call: Call) -> None:
    """One at a time may be under way for each."""
    if call.fits:
        call.people.end_exports("user", call.scene.owner_id)


def create_export(call: Call) -> None:
    if call.fits:
        call.people.end_exports("workspace", call.scene.workspace_id)


def create_connection(call: Call) -> None:
    """With what the network asks for."""
    body = call.case.body
    if call.is_first:
        call.fill(platform="sandbox", base_url=None, credentials=CREDENTIALS["sandbox"])
    elif call.fits and isinstance(body, dict) and body.get("platform") in CREDENTIALS:
        call.fill(credentials=CREDENTIALS[body["platform"]])


def update_content(call: Call) -> None:
    """What is archived is not scheduled any more."""
    body = call.case.body
    if isinstance(body, dict) and body.get("status") == "archived":
        call.fill(status="ready")


def delete_workspace(call: Call) -> None:
    id_, slug = call.people.workspace(call.scene.organization_id)
    call.lead("workspace_id", id_)
    call.confirm(slug)


def delete_organization(call: Call) -> None:
    id_, slug = call.people.organization(call.scene.owner_id)
    call.lead("organization_id", id_)
    call.confirm(slug)


def transfer_organization(call: Call) -> None:
    id_, _slug = call.people.organization(call.scene.owner_id)
    call.lead("organization_id", id_)
    call.fill(user_id=str(call.people.person(organization=(id_, "member")).id))


def leave_organization(call: Call) -> None:
    call.by(_member(call))


def change_organization_member(call: Call) -> None:
    call.lead("user_id", _member(call).id)


def leave_workspace(call: Call) -> None:
    call.by(_colleague(call))


def change_workspace_member(call: Call) -> None:
    call.lead("user_id", _colleague(call).id)


def add_workspace_member(call: Call) -> None:
    call.fill(user_id=str(_member(call).id))


def change_organization_invitation(call: Call) -> None:
    call.lead("invitation_id", call.people.invitation(call.scene.organization_id)[0])


def change_workspace_invitation(call: Call) -> None:
    scene = call.scene
    call.lead("invitation_id", call.people.invitation(scene.organization_id, scene.workspace_id)[0])


def invite(call: Call) -> None:
    call.people.forget_invitations(call.scene.organization_id)


def change_api_key(call: Call) -> None:
    call.lead("api_key_id", call.people.api_key(call.scene.workspace_id))


def request_approval(call: Call) -> None:
    _stand(call, None)


def decide(call: Call) -> None:
    _stand(call, "pending")
    call.fill(approval_hash=None)


def create_approval_link(call: Call) -> None:
    _stand(call, "pending")


def revoke_approval_link(call: Call) -> None:
    scene = call.scene
    publication_id = call.people.publication(scene.workspace_id)
    call.lead("publication_id", publication_id)
    call.lead("link_id", call.people.approval_link(scene.workspace_id, publication_id))


def decide_by_link(call: Call) -> None:
    call.people.ask_by_links()
    call.fill(**call.read("/v1/approval", "approval_hash"))


def _stand(call: Call, status: str | None) -> None:
    """The publication's approval, where it names one."""
    given = (call.case.path_parameters or {}).get("publication_id")
    if call.fits and isinstance(given, str) and is_id(given):
        call.people.ask_for_approval(UUID(given), status)


def _member(call: Call) -> Person:
    return call.people.person(organization=(call.scene.organization_id, "member"))


def _colleague(call: Call) -> Person:
    scene = call.scene
    places = {"organization": (scene.organization_id, "member"), "workspace": (scene.workspace_id, "editor")}
    return call.people.person(**places)


def turn_page(call: Call) -> None:
    """A list is mostly asked for with a `cursor` that a page before gave, or without one if that was all."""
    query = dict(call.case.query or {})
    if not call.fits or query.pop("cursor", None) is None:
        return
    base = str(call.case.operation.schema.get_base_url()).rstrip("/")
    fields = {name: str(value) for name, value in query.items()} | {"limit": "1"}
    ask = {"Authorization": call.case.headers.get("Authorization", "")}
    answer = urllib3.request("GET", base + call.case.formatted_path, fields=fields, headers=ask)
    cursor = (
        answer.json().get("next_cursor") if answer.headers["content-type"] == "application/json" else None
    )
    call.case.query = query if cursor is None else {**query, "cursor": cursor}


SWAPS: Mapping[str, Callable[[Call], None]] = {
    **LEADS,
    **{
        swap.__name__: swap
        for swap in (
            *(
                start_oidc_login,
                complete_oidc_login,
                verify_email,
                log_in,
                refresh,
                log_out,
                change_password,
                complete_password_reset,
            ),
            *(accept_invitation, update_me, delete_me, change_email, complete_email_change, end_session),
            *(create_my_export, create_export, create_connection, delete_workspace, delete_organization),
            *(request_approval, create_approval_link, revoke_approval_link),
            *(transfer_organization, leave_organization, leave_workspace, add_workspace_member),
            update_content,
        )
    },
    "log_out_everywhere": log_out,
    "update_organization_member": change_organization_member,
    "remove_organization_member": change_organization_member,
    "update_workspace_member": change_workspace_member,
    "remove_workspace_member": change_workspace_member,
    "revoke_organization_invitation": change_organization_invitation,
    "resend_organization_invitation": change_organization_invitation,
    "revoke_workspace_invitation": change_workspace_invitation,
    "resend_workspace_invitation": change_workspace_invitation,
    "invite_into_organization": invite,
    "invite_into_workspace": invite,
    "approve_publication": decide,
    "reject_publication": decide,
    "revoke_approval": decide,
    "approve_by_link": decide_by_link,
    "reject_by_link": decide_by_link,
    "update_api_key": change_api_key,
    "roll_api_key": change_api_key,
    "revoke_api_key": change_api_key,
}
"""By operation."""
