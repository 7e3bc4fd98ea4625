"""Messages that are changed or removed."""

from lamplighter.domain.outcomes import Outcome, Published, Rejected, Removed
from lamplighter.egress import Response
from lamplighter.platforms.base import Account, Json, Post, Remote
from lamplighter.platforms.telegram.bot import bot, description, refusal, result
from lamplighter.platforms.telegram.posts import message_id_of


def delete(account: Account, remote: Remote) -> Removed | Outcome:
    """Delete the message, or the album that it stands for; what is gone already is gone."""
    first = message_id_of(remote)
    if isinstance(first, Rejected):
        return first
    album = (remote.reference or {}).get("message_ids") or []
    chat: Json = {"chat_id": account.channel_id}
    if len(album) > 1:  # those that are gone are passed over
        answer = bot(account, "deleteMessages", {**chat, "message_ids": album})
    else:
        answer = bot(account, "deleteMessage", {**chat, "message_id": first})
    if not isinstance(answer, Response):
        return answer
    if result(answer) is True or "message to delete not found" in description(answer):
        return Removed()
    return refusal(answer, account)


def edit(account: Account, remote: Remote, post: Post) -> Outcome:
    """Change the text, or of images the caption; one that is the same already is changed."""
    message_id = message_id_of(remote)
    if isinstance(message_id, Rejected):
        return message_id
    fields: Json = {"chat_id": account.channel_id, "message_id": message_id}
    if (remote.prepared or {}).get("method", "sendMessage") == "sendMessage":
        answer = bot(account, "editMessageText", {**fields, "text": post.text})
    else:
        answer = bot(account, "editMessageCaption", {**fields, "caption": post.text})
    if not isinstance(answer, Response):
        return answer
    if result(answer) or "message is not modified" in description(answer):
        return Published(remote.remote_id, "", remote.reference)
    return refusal(answer, account)
