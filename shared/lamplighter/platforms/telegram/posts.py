"""Messages of a bot, sent once."""

from collections.abc import Collection, Sequence
from typing import Any

from lamplighter.domain.outcomes import Outcome, Published, Reconciled, Rejected, Unknown, Waiting
from lamplighter.egress import Response
from lamplighter.platforms._shared.fetched import addresses
from lamplighter.platforms._shared.standing import answered
from lamplighter.platforms._shared.storable import identifier, published, unreadable
from lamplighter.platforms.base import Account, Json, Post, Remote
from lamplighter.platforms.telegram.bot import NAME, bot, refusal, result

_PRIVATE_PREFIX = "-100"


def prepare(account: Account, post: Post, prepared: Json | None) -> Json | Waiting | Outcome:  # noqa: ARG001  # addresses of images are fresh each time
    """The call that will be made. Nothing can be handed over before it."""
    replying_to, images = answered(post), addresses(post.media)
    if isinstance(replying_to, Rejected):
        return replying_to
    if isinstance(images, Rejected):
        return images
    fields: Json = {"chat_id": account.channel_id}
    if replying_to:
        parent = message_id_of(replying_to[1])
        if isinstance(parent, Rejected):
            return parent
        fields["reply_parameters"] = {"message_id": parent}
    return _call(post.text, images, fields)


def _call(text: str, images: Sequence[str], fields: Json) -> Json:
    """The text is sent as it is: without parse_mode no character in it means anything."""
    caption = {"caption": text} if text else {}
    if not images:
        return {"method": "sendMessage", "fields": {**fields, "text": text}}
    if len(images) == 1:
        return {"method": "sendPhoto", "fields": {**fields, "photo": images[0], **caption}}
    album = [{"type": "photo", "media": image} for image in images]
    album[0] |= caption
    return {"method": "sendMediaGroup", "fields": {**fields, "media": album}}


def publish(account: Account, prepared: Json) -> Outcome:
    """The one call. Whatever leaves its outcome open stays open."""
    answer = bot(account, prepared["method"], prepared["fields"])
    if not isinstance(answer, Response):
        return answer
    made = result(answer)
    if made is None:
        return refusal(answer, account)
    return _published(made if isinstance(made, list) else [made]) or unreadable(NAME)


def _published(messages: list[Any]) -> Published | None:
    """The first message of an album stands for it; `reference` names all."""
    if not messages or not all(isinstance(each, dict) for each in messages):
        return None
    ids = [each.get("message_id") for each in messages]
    if not all(type(message_id) is int for message_id in ids):
        return None
    found = published(ids[0], _address(messages[0].get("chat"), ids[0]))
    return found and Published(found.remote_id, found.url, {"message_ids": ids})


def _address(chat: Any, message_id: int) -> str:
    """Where people see a message; that of a private channel or supergroup opens for its members only."""
    said = chat if isinstance(chat, dict) else {}
    username, known = identifier(said.get("username")), identifier(said.get("id")) or ""
    if username:
        return f"https://t.me/{username}/{message_id}"
    private = known.removeprefix(_PRIVATE_PREFIX)
    return f"https://t.me/c/{private}/{message_id}" if private != known else ""


def message_id_of(remote: Remote) -> int | Rejected:
    """The number of a message; what a person entered may be none."""
    if remote.remote_id.isascii() and remote.remote_id.isdigit():
        return int(remote.remote_id)
    return Rejected("post_unknown", "It is not known which message the post is.")


def reconcile(account: Account, prepared: Json, taken: Collection[str]) -> Reconciled:  # noqa: ARG001  # the Protocol's form
    """Bots cannot read history, so nobody asks: a person must look."""
    return Unknown("cannot_look", "Telegram lets no bot see what it has posted: look in the chat.")
