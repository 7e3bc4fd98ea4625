"""HTTP: sign-up, login and all that leads to tokens; nothing here takes an API key."""

from lamplighter.entrypoints.api import build_api
from lamplighter.entrypoints.no_store import no_store
from lamplighter.postgres.session import transaction
from lamplighter.schemas.auth import (
    Accepted,
    EmailVerification,
    InvitationAcceptance,
    InvitationAccepted,
    Login,
    PasswordChange,
    PasswordReset,
    PasswordResetCompletion,
    Refresh,
    SignedIn,
    SignUp,
    Tokens,
)
from lamplighter.schemas.oidc import OidcCompletion, OidcProvider, OidcStart, OidcStarted
from lamplighter.services import (
    accounts,
    attempts,
    joining,
    mail_tokens,
    mails,
    oidc,
    password_changes,
    passwords,
    sessions,
)

app = handler = build_api("auth", public=True)
app.use(middlewares=[no_store])
TAGS = ["Accounts"]


@app.post("/v1/auth/sign-up", status_code=202, tags=TAGS)
def sign_up(body: SignUp) -> Accepted:
    """Ask for an account.

    A mail with a link follows; the account is made when the link's token comes back. The answer is the same
    for an address that has an account already.
    """
    app.heed(attempts.counted("sign_up", attempts.MAIL, body.email, app.origin().address))
    with transaction() as tx:
        mail_id = mails.request(tx, "sign_up", body.email)
    mails.wake([mail_id])
    return Accepted(message=accounts.MAIL_FOLLOWS)


@app.post("/v1/auth/verify-email", status_code=201, tags=TAGS)
def verify_email(body: EmailVerification) -> SignedIn:
    """Make the account that the mailed token is for, and sign in."""
    token = mail_tokens.presented(body.token, "sign_up")
    new = accounts.new_of(token, body)
    with transaction(user_id=token.user_id) as tx:
        entered = accounts.verify(tx, token, new, app.origin())
    return entered.answer()


@app.post("/v1/auth/login", tags=TAGS)
def log_in(body: Login) -> SignedIn:
    """Sign in with e-mail and password."""
    app.heed(attempts.counted("login", attempts.LOGIN, body.email, app.origin().address))
    proof = accounts.proven(body)
    with transaction(user_id=proof.user_id) as tx:
        entered = accounts.log_in(tx, proof, app.origin())
    return entered.answer()


@app.post("/v1/auth/refresh", tags=TAGS)
def refresh(body: Refresh) -> Tokens:
    """Exchange a refresh token for new tokens.

    Each is good for one exchange. One that comes a second time ends the session, as it may have been stolen.
    """
    token = sessions.presented(body.refresh_token)
    with transaction(user_id=token.user_id) as tx:
        renewal = sessions.renew(tx, token, app.origin())
    return renewal.tokens()


@app.post("/v1/auth/logout", status_code=204, tags=TAGS)
def log_out() -> None:
    """End the session that calls."""
    person = app.person()
    with transaction(user_id=person.id) as tx:
        sessions.end(tx, person)


@app.post("/v1/auth/logout-all", status_code=204, tags=TAGS)
def log_out_everywhere() -> None:
    """End every session of the person who calls, this one included."""
    person = app.person()
    with transaction(user_id=person.id) as tx:
        sessions.end_all(tx, person)


@app.post("/v1/auth/password", status_code=204, tags=TAGS)
def change_password(body: PasswordChange) -> None:
    """Change your password. Your other sessions end."""
    person = app.person()
    with transaction(user_id=person.id) as tx:
        known = password_changes.known(tx, person)
    password_hash = password_changes.new_hash(person, known, body)
    with transaction(user_id=person.id) as tx:
        mail_id = password_changes.change(tx, person, known, password_hash)
    mails.wake([mail_id])


@app.post("/v1/auth/password-reset", status_code=202, tags=TAGS)
def reset_password(body: PasswordReset) -> Accepted:
    """Ask for a new password.

    A mail with a link follows, if the address has an account; the answer is the same if it has none.
    """
    app.heed(attempts.counted("reset_password", attempts.MAIL, body.email, app.origin().address))
    with transaction() as tx:
        mail_id = mails.request(tx, "reset_password", body.email)
    mails.wake([mail_id])
    return Accepted(message=accounts.MAIL_FOLLOWS)


@app.post("/v1/auth/password-reset/complete", tags=TAGS)
def complete_password_reset(body: PasswordResetCompletion) -> SignedIn:
    """Set a new password with the mailed token, and sign in. Every other session ends."""
    token = mail_tokens.presented(body.token, "reset_password")
    password_hash = passwords.hashed(body.password)
    with transaction(user_id=token.user_id) as tx:
        reset = password_changes.reset(tx, token, body.password, password_hash, app.origin())
    mails.wake([reset.mail_id])
    return reset.answer()


@app.get("/v1/auth/oidc", tags=TAGS)
def get_oidc_provider() -> OidcProvider:
    """Read which provider people may sign in through; 404 if there is none."""
    return oidc.provider()


@app.post("/v1/auth/oidc/start", tags=TAGS)
def start_oidc_login(body: OidcStart) -> OidcStarted:
    """Begin to sign in through the provider: authorization code with PKCE.

    Send the browser to `authorization_url`, and keep `login_token` where only that browser finds it.
    """
    app.heed(attempts.counted_from("oidc", attempts.PROVIDER, app.origin().address))
    return oidc.started(body)


@app.post("/v1/auth/oidc/complete", tags=TAGS)
def complete_oidc_login(body: OidcCompletion) -> SignedIn:
    """Sign in with what the provider sent back in the address.

    The first time, the identity is joined to the account that has the address which the provider vouches
    for, or an account is made.
    """
    app.heed(attempts.counted_from("oidc", attempts.PROVIDER, app.origin().address))
    came = oidc.arrival(body)
    with transaction(user_id=came.user_id) as tx:
        entered = oidc.enter(tx, came, app.origin())
    return entered.answer()


@app.post("/v1/auth/invitations/accept", tags=TAGS)
def accept_invitation(body: InvitationAcceptance) -> InvitationAccepted:
    """Join what the mailed invitation is for.

    Where the invited address has an account, its person must call, with an access token; else `name` and
    `password` make the account, and its tokens are in the answer.
    """
    person, invitation = app.person_if_any(), joining.presented(body.token)
    who = joining.joining(invitation, body, person)
    organization_id, user_id = invitation.organization_id, who.user_id
    with transaction(invitation.workspace_id, organization_id=organization_id, user_id=user_id) as tx:
        joined = joining.accept(tx, who, app.origin())
    return joined.answer()
