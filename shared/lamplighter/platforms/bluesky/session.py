"""An account's session: opened once with an app password, then refreshed, never opened again for a post."""

from collections.abc import Mapping
from http import HTTPStatus

from lamplighter.egress import CONNECT, Response
from lamplighter.platforms._shared.answers import failure, quoted, while_connecting
from lamplighter.platforms._shared.credentials import required
from lamplighter.platforms._shared.storable import storable, token_pair
from lamplighter.platforms.base import Account, ConnectFailed, Credentials, Json
from lamplighter.platforms.bluesky.xrpc import NAME, xrpc
from lamplighter.platforms.transport import Failed, check_address, json_object

_RECONNECT = "Bluesky no longer accepts this account's session: connect the account again."
_SECOND_FACTOR = (
    "This account asks for a second factor: make an app password in Bluesky's settings and use that."
)
_NOT_KNOWN = "Bluesky does not know this identifier with this app password."


def connect(base_url: str, fields: Mapping[str, str]) -> Account:
    """Log in at an entry server and find the account's own server. Limits: 30 in 5 minutes, 300 a day."""
    identifier, password = required(fields, "identifier", "app_password")
    body = {"identifier": identifier.removeprefix("@"), "password": password}
    answer = xrpc("POST", base_url, "com.atproto.server.createSession", json=body, purpose=CONNECT)
    session = _opened(answer, password)
    server = own_server(session, base_url)
    check_address(server)
    account = Account(
        platform="bluesky",
        channel_id=session.get("did", ""),
        username=session.get("handle", ""),
        base_url=server,
        credentials=token_pair(session, NAME),
    )
    return storable(account, NAME)


def refresh(account: Account) -> Credentials:
    """The next pair of tokens; the pair in hand is used up."""
    token = account.credentials.refresh_token
    if token is None:
        raise ConnectFailed("reconnect_required", _RECONNECT)
    try:
        name = "com.atproto.server.refreshSession"
        answer = xrpc("POST", account.base_url, name, token=token, purpose=CONNECT)
        return token_pair(_opened(answer, token), NAME)
    except ConnectFailed as failed:
        if failed.transient:
            raise
        raise ConnectFailed("reconnect_required", _RECONNECT) from failed


def own_server(session: Json, base_url: str) -> str:
    """Where the account lives, if its DID document came along; else the server that let it in."""
    document = session.get("didDoc")
    services = document.get("service") if isinstance(document, dict) else None
    for service in services if isinstance(services, list) else []:
        if isinstance(service, dict) and str(service.get("id")).endswith("#atproto_pds"):
            return str(service.get("serviceEndpoint")).rstrip("/")
    return base_url


def _opened(answer: Response | Failed, secret: str) -> Json:
    """The session in an answer; ConnectFailed where there is none."""
    if not isinstance(answer, Response):
        raise while_connecting(answer)
    said = json_object(answer)
    if said.get("error") == "AuthFactorTokenRequired":
        raise ConnectFailed("app_password_required", _SECOND_FACTOR)
    if answer.status == HTTPStatus.UNAUTHORIZED:
        raise ConnectFailed("credentials_refused", _NOT_KNOWN)
    if answer.status != HTTPStatus.OK:
        raise while_connecting(failure(answer, NAME, quoted(said.get("message"), secret)))
    if said.get("active") is False:
        raise ConnectFailed("account_inactive", f"Bluesky says this account is {quoted(said.get('status'))}.")
    return said
