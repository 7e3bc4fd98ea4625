"""Signing in through the deployment's OpenID Connect provider."""

import hmac
import secrets
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from lamplighter.domain.access import Origin
from lamplighter.domain.emails import NoAddress, normalised
from lamplighter.domain.oidc import attempt, authorization_url
from lamplighter.ids import new_id
from lamplighter.postgres.models import OidcIdentity, User
from lamplighter.postgres.session import Transaction, lookup
from lamplighter.problems import DomainError, Kind, invalid
from lamplighter.schemas.oidc import OidcCompletion, OidcProvider, OidcStart, OidcStarted
from lamplighter.services import accounts, audit, oidc_provider, sessions
from lamplighter.services.oidc_provider import Client, Identity

_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody whom the provider vouched for. `new` where no account here is theirs yet."""

    user_id: UUID
    identity: Identity
    is_linked: bool
    new: accounts.NewAccount | None


def provider() -> OidcProvider:
    """What a login page shows; not_found in a deployment without a provider."""
    of = oidc_provider.client()
    return OidcProvider(name=of.name, issuer=of.issuer, redirect_uris=list(of.redirect_uris))


def started(body: OidcStart) -> OidcStarted:
    """Where the browser goes, and the secret that the client keeps until it comes back."""
    of = oidc_provider.client()
    redirect_uri = _redirect_uri(of, body.redirect_uri)
    login_token = secrets.token_urlsafe(_TOKEN_BYTES)
    endpoint = oidc_provider.authorization_endpoint(of)
    url = authorization_url(endpoint, of.client_id, redirect_uri, attempt(login_token))
    return OidcStarted(authorization_url=url, login_token=login_token)


def arrival(body: OidcCompletion) -> Arrival:
    """Who came back; raises login_refused, and email_unverified for a stranger whose address nobody vouches
    for. Calls the provider: outside of any transaction."""
    of = oidc_provider.client()
    login = attempt(body.login_token)
    if not hmac.compare_digest(login.state.encode(), body.state.encode()):
        raise oidc_provider.refused("state")
    identity = oidc_provider.identity(of, login, body.code, _redirect_uri(of, body.redirect_uri))
    known = lookup("find_identity", identity.issuer, identity.subject)
    if known is not None:
        return Arrival(known[0]["user_id"], identity, is_linked=True, new=None)
    account = lookup("find_login", _address(identity))
    if account is not None:
        return Arrival(account[0]["user_id"], identity, is_linked=False, new=None)
    user_id = new_id()
    new = accounts.prepared(user_id, identity.name or "", "UTC", None)
    return Arrival(user_id, identity, is_linked=False, new=new)


def enter(tx: Transaction, came: Arrival, origin: Origin) -> accounts.Entered:
    """A session for whoever came: their account is found by the identity, else by the address that the
    provider vouches for, else made."""
    user = accounts.create(tx, came.new, _address(came.identity)) if came.new else _living(tx, came.user_id)
    if user is None:  # made or deleted between the lookup and here
        raise oidc_provider.refused("account changed")
    if came.is_linked:
        _used(tx, came)
    else:
        _link(tx, came)
    entered = accounts.entered(tx, user, "user.signed_up" if came.new else "user.logged_in", origin)
    if not came.is_linked:
        by = sessions.person(tx, entered.opened, origin)
        audit.record(
            tx, by, "user.identity_linked", ("user", user.id), after={"issuer": came.identity.issuer}
        )
    return entered


def _living(tx: Transaction, user_id: UUID) -> User | None:
    return tx.session.scalars(
        select(User).where(User.id == user_id, User.deleted_at.is_(None)).with_for_update(key_share=True)
    ).one_or_none()


def _link(tx: Transaction, came: Arrival) -> None:
    row = {
        "id": new_id(),
        "user_id": came.user_id,
        "issuer": came.identity.issuer,
        "subject": came.identity.subject,
        "created_at": tx.now,
        "last_used_at": tx.now,
    }
    linking = insert(OidcIdentity).values(row).on_conflict_do_nothing().returning(OidcIdentity.id)
    if tx.session.scalars(linking).one_or_none() is None:  # two completions at once: the other one linked it
        raise oidc_provider.refused("linked meanwhile")


def _used(tx: Transaction, came: Arrival) -> None:
    mine = (
        OidcIdentity.user_id == came.user_id,
        OidcIdentity.issuer == came.identity.issuer,
        OidcIdentity.subject == came.identity.subject,
    )
    tx.session.execute(update(OidcIdentity).where(*mine).values(last_used_at=tx.now))


def _address(identity: Identity) -> str:
    """The address that opens or makes an account; one that nobody vouches for may be anybody's."""
    try:
        if identity.email is not None:
            return normalised(identity.email)
    except NoAddress:
        pass
    detail = "The provider does not vouch for your e-mail address."
    raise DomainError(Kind.FORBIDDEN, "email_unverified", detail)


def _redirect_uri(of: Client, given: str | None) -> str:
    """Exactly one of those that are configured; the first unless one is named."""
    if given is None:
        return of.redirect_uris[0]
    if given not in of.redirect_uris:
        raise invalid("/redirect_uri", "redirect_uri_unknown", "This address is not configured.")
    return given
