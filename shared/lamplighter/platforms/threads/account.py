"""Opening an account with a long-lived token, and keeping the token alive."""

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import urlencode

from lamplighter.domain.outcomes import Outcome, Rejected, TokenExpired
from lamplighter.egress import CONNECT, Response
from lamplighter.platforms._shared.answers import while_connecting
from lamplighter.platforms._shared.credentials import required
from lamplighter.platforms._shared.storable import identifier, not_as_expected, storable
from lamplighter.platforms.base import Account, ConnectFailed, Credentials
from lamplighter.platforms.threads.graph import NAME, graph, refusal
from lamplighter.platforms.transport import call, json_object

_LONGEST_TOKEN = 8192


def connect(base_url: str, fields: Mapping[str, str]) -> Account:
    """Ask whose token it is (threads_basic, threads_content_publish; for threads and comments also
    threads_manage_replies and threads_read_replies, and threads_delete to take posts back)."""
    [token] = required(fields, "access_token")
    unnamed = Account("threads", "", "", base_url, Credentials(token))
    answer = graph("GET", unnamed, "me", {"fields": "id,username"}, purpose=CONNECT)
    if not isinstance(answer, Response):
        raise while_connecting(answer)
    if answer.status != HTTPStatus.OK:
        raise while_connecting(refusal(answer, unnamed))
    person = json_object(answer)
    user_id, name = identifier(person.get("id")), identifier(person.get("username"))
    if user_id is None or name is None:
        raise not_as_expected(NAME)
    return storable(replace(unnamed, channel_id=user_id, username=name), NAME)


def refresh(account: Account) -> Credentials:
    """A token for another 60 days. Only one that is a day old and has not expired can be exchanged, so what
    Threads refuses is lost."""
    token = account.credentials.access_token
    query = urlencode({"grant_type": "th_refresh_token", "access_token": token})
    answer = call("GET", f"{account.base_url}/refresh_access_token?{query}", purpose=CONNECT)
    if not isinstance(answer, Response):
        raise while_connecting(answer)
    renewed = identifier(json_object(answer).get("access_token"), _LONGEST_TOKEN)
    if answer.status == HTTPStatus.OK and renewed:
        return Credentials(renewed)
    if answer.status == HTTPStatus.OK:
        raise not_as_expected(NAME)
    raise _not_renewed(refusal(answer, account))


def _not_renewed(outcome: Outcome) -> ConnectFailed:
    if isinstance(outcome, TokenExpired | Rejected):
        message = f"Threads does not renew this account's token: connect it again. {outcome.message}"
        return ConnectFailed("reconnect_required", message)
    return while_connecting(outcome)
