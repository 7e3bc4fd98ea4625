"""HTTP: people and their own data; whoever calls is the one it is about."""

from uuid import UUID

from lamplighter.entrypoints.api import build_api
from lamplighter.entrypoints.confirmation import Confirm
from lamplighter.entrypoints.no_store import no_store
from lamplighter.entrypoints.paging import Cursor, Limit
from lamplighter.entrypoints.preconditions import IfMatch, expected_version
from lamplighter.postgres.session import transaction
from lamplighter.schemas.audit_log import AuditLogEntry
from lamplighter.schemas.auth import Accepted
from lamplighter.schemas.common import Page
from lamplighter.schemas.exports import ExportRead
from lamplighter.schemas.users import EmailChange, EmailProof, SessionRead, UserRead, UserUpdate
from lamplighter.services import (
    accounts,
    attempts,
    audit_log,
    exports,
    mail_tokens,
    mails,
    password_changes,
    users,
)
from lamplighter.services.audit_log import Filter
from lamplighter.services.pages import Order

app = handler = build_api("users")
app.use(middlewares=[no_store])
ROUTE = "/v1/users/me"
TAGS = ["Accounts"]


@app.get(ROUTE, tags=TAGS)
def get_me() -> UserRead:
    """Read your account."""
    person = app.person()
    with transaction(user_id=person.id) as tx:
        return UserRead.model_validate(users.me(tx, person))


@app.patch(ROUTE, tags=TAGS)
def update_me(body: UserUpdate, if_match: IfMatch = None) -> UserRead:
    """Change your name, picture or time zone; send If-Match."""
    person = app.person()
    with transaction(user_id=person.id) as tx:
        return UserRead.model_validate(users.change(tx, person, body, expected_version(if_match)))


@app.delete(ROUTE, status_code=204, tags=TAGS)
def delete_me(confirm: Confirm, if_match: IfMatch = None) -> None:
    """Delete your account; send If-Match, and your id as `confirm`. This cannot be undone.

    From the next request on you are signed out everywhere and belong to nothing. What you wrote stays with
    its workspaces, under your id alone. Whoever is an organization's only owner hands it over first.
    """
    person = app.person()
    with transaction(user_id=person.id) as tx:
        mail_id = users.delete(tx, person, confirm, expected_version(if_match))
    mails.wake([mail_id])


@app.get(ROUTE + "/audit-log", tags=["Audit log"])
def list_my_audit_log(limit: Limit = 20, cursor: Cursor = None) -> Page[AuditLogEntry]:
    """List what was done with your account, and from where; newest first."""
    person = app.person()
    with transaction(user_id=person.id) as tx:
        found = audit_log.listed(tx, person, Filter(), Order(limit, cursor))
        return Page[AuditLogEntry].model_validate(found)


@app.post(ROUTE + "/email", status_code=202, tags=TAGS)
def change_email(body: EmailChange) -> Accepted:
    """Ask for another address.

    A mail with a link goes there; the address changes when the link's token comes back.
    """
    person = app.person()
    with transaction(user_id=person.id) as tx:
        known = password_changes.known(tx, person)
    users.check_password(person, known, body)
    app.heed(attempts.counted("change_email", attempts.MAIL, body.email, app.origin().address))
    with transaction(user_id=person.id) as tx:
        mail_id = users.ask_for_email(tx, person, body)
    mails.wake([mail_id])
    return Accepted(message=accounts.MAIL_FOLLOWS)


@app.post(ROUTE + "/email/complete", tags=TAGS)
def complete_email_change(body: EmailProof) -> UserRead:
    """Take the new address, with the token that was mailed there. The old one is told."""
    person, token = app.person(), mail_tokens.presented(body.token, "change_email")
    with transaction(user_id=person.id) as tx:
        moved = users.move_email(tx, person, token)
    mails.wake([moved.mail_id])
    return UserRead.model_validate(moved.user)


@app.get(ROUTE + "/sessions", tags=TAGS)
def list_sessions(limit: Limit = 20, cursor: Cursor = None) -> Page[SessionRead]:
    """List where you are signed in, newest first."""
    person = app.person()
    with transaction(user_id=person.id) as tx:
        return Page[SessionRead].model_validate(users.sessions(tx, person, Order(limit, cursor)))


@app.delete(ROUTE + "/sessions/<session_id>", status_code=204, tags=TAGS)
def end_session(session_id: UUID) -> None:
    """Sign out somewhere, with the next request from there."""
    person = app.person()
    with transaction(user_id=person.id) as tx:
        users.end_session(tx, person, session_id)


@app.post(ROUTE + "/exports", status_code=202, tags=["Exports"])
def create_my_export() -> ExportRead:
    """Ask for an archive of everything that is known about you; its own route says when it is ready."""
    person = app.person()
    with transaction(user_id=person.id) as tx:
        once = app.once(tx)
        row = exports.request_person(tx, person)
        answer = once.kept(exports.shown(row, tx.now))
    exports.wake([row])
    return answer


@app.get(ROUTE + "/exports", tags=["Exports"])
def list_my_exports(limit: Limit = 20, cursor: Cursor = None) -> Page[ExportRead]:
    """List the archives that you asked for, newest first."""
    person = app.person()
    with transaction(user_id=person.id) as tx:
        found = exports.listed(tx, person, Order(limit, cursor))
    return Page[ExportRead].model_validate(exports.shown_page(found, tx.now))


@app.get(ROUTE + "/exports/<export_id>", tags=["Exports"])
def get_my_export(export_id: UUID) -> ExportRead:
    """Read how far an archive is; a ready one has a link, good for some minutes."""
    person = app.person()
    with transaction(user_id=person.id) as tx:
        row = exports.get(tx, person, export_id)
    return exports.shown(row, tx.now)
