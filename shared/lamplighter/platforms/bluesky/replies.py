"""What a reply names: the post that it answers and the first of the thread, each by address and by hash."""

from functools import partial
from http import HTTPStatus

from lamplighter.domain.outcomes import Outcome, Rejected
from lamplighter.egress import LOOKUP, Response
from lamplighter.platforms._shared.answers import before_posting
from lamplighter.platforms._shared.standing import answered, parent_gone
from lamplighter.platforms._shared.storable import identifier, unreadable
from lamplighter.platforms._shared.together import together
from lamplighter.platforms.base import Account, Json, Post, Remote
from lamplighter.platforms.bluesky.places import key_in, place, uri
from lamplighter.platforms.bluesky.xrpc import NAME, refusal, xrpc
from lamplighter.platforms.transport import json_object


def reply(account: Account, post: Post) -> Json | Outcome | None:
    """The record's `reply`; None for a post that answers nothing."""
    remotes = answered(post)
    if remotes is None or isinstance(remotes, Rejected):
        return remotes
    named: list[Json] = []
    for reference in together(partial(_reference, account), remotes):
        if not isinstance(reference, dict):
            return reference
        named.append(reference)
    return {"root": named[0], "parent": named[1]}


def _reference(account: Account, remote: Remote) -> Json | Outcome:
    """Where a post of the account's stands and the hash of its record: as stored, else as the server says."""
    rkey = key_in(remote)
    cid = identifier((remote.reference or {}).get("cid"))
    if cid is None:
        query = place(account, rkey)
        answer = xrpc("GET", account.base_url, "com.atproto.repo.getRecord", query=query, purpose=LOOKUP)
        if not isinstance(answer, Response):
            return before_posting(answer)
        said = json_object(answer)
        if said.get("error") == "RecordNotFound":
            return parent_gone(NAME)
        cid = identifier(said.get("cid"))
        if answer.status != HTTPStatus.OK or cid is None:
            outcome = refusal(answer, account) if answer.status != HTTPStatus.OK else unreadable(NAME)
            return before_posting(outcome)
    return {"uri": uri(account, rkey), "cid": cid}
