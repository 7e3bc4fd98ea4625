"""The network's side of an attempt: no transaction is ever open here."""

import time
from hashlib import sha256

from lamplighter.clients import objects
from lamplighter.domain.outcomes import NotSent, Outcome, Reconciled, Rejected, TokenExpired, Unknown
from lamplighter.domain.publishing import MAX_ATTEMPTS
from lamplighter.observability import logger
from lamplighter.platforms import sandbox
from lamplighter.platforms.base import Account, ConnectFailed, Credentials, Json, Media, Post
from lamplighter.platforms.registry import connector
from lamplighter.services.connections import unsealed_tokens
from lamplighter.services.sealing import Unsealable
from lamplighter.services.work import Picture, Target, Work
from lamplighter.settings import settings

MAX_PICTURE_BYTES = 20_000_000
SANDBOX = "sandbox"
_UNSEALABLE = "The stored tokens no longer open; connect the account again."


def prepare(work: Work) -> Json | Outcome:
    """What will be sent, frozen: media uploaded, keys chosen. An Outcome where it cannot go on."""
    if work.reconciles and work.prepared is not None:
        return work.prepared
    if work.effort.attempts > MAX_ATTEMPTS:
        return NotSent("workers_lost", "Every worker that tried was lost before it could say why.")
    try:
        return _prepared(work)
    except Unsealable:
        return TokenExpired(_UNSEALABLE, revoked=True)
    except _MediaChanged:
        return Rejected("media_changed", "A picture was replaced after it had been checked.")
    except Exception:
        logger().exception("preparing failed", extra={"attempt_id": str(work.attempt_id)})
        return NotSent("internal_error", "Something went wrong on our side before anything was sent.")


def _prepared(work: Work) -> Json | Outcome:
    account = _account(work)
    media = tuple(_fetched(picture) for picture in work.draft.pictures)
    post = Post(work.row_id, work.intent_at, work.draft.text, media, work.draft.language)
    return connector(account.platform).prepare(account, post, work.prepared)


def wait_until_due(work: Work, begun: float) -> None:
    """Sleep what is left; `begun` is time.monotonic() right after the
    attempt began. SQS delays are whole seconds."""
    left = work.wait.total_seconds() - (time.monotonic() - begun)
    if left > 0:
        time.sleep(left)


def send_or_look(work: Work, frozen: Json) -> Reconciled:
    """The one call that posts; or, where an earlier call may have posted, a look at what became of it."""
    try:
        account = _account(work)
        network = connector(account.platform)
        return network.reconcile(account, frozen, ()) if work.reconciles else network.publish(account, frozen)
    except Unsealable:
        return TokenExpired(_UNSEALABLE, revoked=True)
    except Exception:
        logger().exception("sending failed", extra={"attempt_id": str(work.attempt_id)})
        return Unknown(
            "internal_error", "Something went wrong on our side while the network was being called."
        )


def refresh(target: Target) -> Credentials | ConnectFailed:
    """A new pair of tokens for an expired one, or why there is none."""
    try:
        return connector(target.platform).refresh(_opened(target))
    except ConnectFailed as failed:
        return failed
    except Unsealable:
        return ConnectFailed("tokens_unsealable", _UNSEALABLE)


def _account(work: Work) -> Account:
    """Where the post goes: a test publication goes to the sandbox network, whatever account it names."""
    target = work.target
    if work.mode == "test":
        return _sandbox_account(target, Credentials(sandbox.token_for(target.connection_id.hex)))
    if target.platform == SANDBOX:
        return _sandbox_account(target, _tokens(target))
    return _opened(target)


def _sandbox_account(target: Target, credentials: Credentials) -> Account:
    """The sandbox is part of this very deployment, so its address is a setting and never stored."""
    return Account(SANDBOX, target.channel_id, target.username, settings().sandbox_url, credentials, {})


def _opened(target: Target) -> Account:
    return Account(
        platform=target.platform,
        channel_id=target.channel_id,
        username=target.username,
        base_url=target.base_url,
        credentials=_tokens(target),
        limits=target.limits,
    )


def _tokens(target: Target) -> Credentials:
    return unsealed_tokens(target.keyring, target.connection_id, target.access_token, target.refresh_token)


class _MediaChanged(Exception):  # noqa: N818  # reads as what happened
    pass


def _fetched(picture: Picture) -> Media:
    try:
        data = objects.read(settings().media_bucket, picture.object_key, MAX_PICTURE_BYTES)
    except objects.TooLarge as error:
        raise _MediaChanged from error
    if data is None or sha256(data).hexdigest() != picture.sha256:
        raise _MediaChanged
    return Media(data, picture.mime, picture.alt, picture.width, picture.height)
