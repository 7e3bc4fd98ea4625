"""The network's side of an attempt: no transaction is ever open here."""

import time
from datetime import timedelta
from hashlib import sha256

from lamplighter.clients import objects
from lamplighter.domain.history import MAX_ATTEMPTS
from lamplighter.domain.networks import NETWORKS
from lamplighter.domain.outcomes import NotSent, Outcome, Reconciled, Rejected, TokenExpired, Unknown, Waiting
from lamplighter.domain.renditions import intent_of
from lamplighter.observability import logger
from lamplighter.platforms import sandbox
from lamplighter.platforms.base import Account, ConnectFailed, Credentials, Edits, Json, Media, Post, Remote
from lamplighter.platforms.registry import connector
from lamplighter.services.connections import unsealed_tokens
from lamplighter.services.sealing import Unsealable
from lamplighter.services.work import Picture, Target, Work
from lamplighter.settings import settings

MAX_PICTURE_BYTES = 20_000_000
CALLS_UNTIL = 2 / 3
"""Of a lease: a call that begins by then is recorded before it ends; of 90 s half a minute is left."""
PUBLIC_FOR = timedelta(hours=6)
"""How long a network that fetches images itself may do so: retries and processing included."""
SANDBOX = "sandbox"
_UNSEALABLE = "The stored tokens no longer open; connect the account again."


def prepare(work: Work) -> Json | Waiting | Outcome:
    """What will be sent, frozen: media uploaded, keys chosen. An Outcome where it cannot go on. A change of
    what is published, and a look, need nothing beyond what was frozen then."""
    if work.step.task != "publish" or (work.reconciles and work.prepared is not None):
        return work.prepared or {}
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


def _prepared(work: Work) -> Json | Waiting | Outcome:
    account = _account(work)
    return connector(account.platform).prepare(account, _post(work), work.prepared)


def _post(work: Work) -> Post:
    segment, draft = work.step.segment, work.draft
    is_public = work.is_live and NETWORKS[work.target.platform].fetches_media
    return Post(
        intent_id=intent_of(work.row_id, segment),
        # A key that derives from the time sorts a thread's segments as they follow each other.
        intent_at=work.intent_at + timedelta(milliseconds=segment),
        text=draft.text,
        # Of an edit the pictures stay as they are on the network.
        media=tuple(_fetched(p, is_public) for p in draft.pictures) if work.step.task == "publish" else (),
        language=draft.language,
        kind=draft.kind,
        root=draft.root,
        parent=draft.parent,
    )


def wait_until_due(work: Work, begun: float) -> None:
    """Sleep what is left; `begun` is time.monotonic() right after the
    attempt began. SQS delays are whole seconds."""
    left = work.wait.total_seconds() - (time.monotonic() - begun)
    if left > 0:
        time.sleep(left)


def overslept(begun: float) -> NotSent | None:
    """Why the call must not be made any more, if the worker stood still since `begun` (time.monotonic()):
    past its lease somebody else may have looked for the post, and sent it as it was not there."""
    if time.monotonic() - begun < settings().attempt_lease_seconds * CALLS_UNTIL:
        return None
    return NotSent("overslept", "The worker stood still for too long to call the network.")


def call(work: Work, frozen: Json) -> Reconciled:
    """The one call that posts, or changes what is posted; or, where an earlier call may have posted, a look
    at what became of it."""
    try:
        account = _account(work)
        network = connector(account.platform)
        match work.step.task, work.remote:
            case "remove", Remote() as remote:
                return network.delete(account, remote)
            case "edit", Remote() as remote:
                return _edited(network, account, remote, work)
        if work.reconciles:
            return network.reconcile(account, frozen, work.taken)
        return network.publish(account, frozen)
    except Unsealable:
        return TokenExpired(_UNSEALABLE, revoked=True)
    except Exception:
        logger().exception("sending failed", extra={"attempt_id": str(work.attempt_id)})
        return Unknown(
            "internal_error", "Something went wrong on our side while the network was being called."
        )


def _edited(network: object, account: Account, remote: Remote, work: Work) -> Outcome:
    if isinstance(network, Edits):
        return network.edit(account, remote, _post(work))
    return Rejected("not_supported_by_network", "This network lets no post be changed.")


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


def _fetched(picture: Picture, is_public: bool) -> Media:
    bucket, key = settings().media_bucket, picture.object_key
    try:
        data = objects.read(bucket, key, MAX_PICTURE_BYTES)
    except objects.TooLarge as error:
        raise _MediaChanged from error
    if data is None or sha256(data).hexdigest() != picture.sha256:
        raise _MediaChanged
    url = objects.presigned_download(bucket, key, picture.mime, PUBLIC_FOR) if is_public else None
    return Media(data, picture.mime, picture.alt, picture.width, picture.height, url)
