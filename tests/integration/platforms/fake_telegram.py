"""Telegram's Bot API in small, for one bot and one channel."""

from dataclasses import dataclass, field
from typing import Any

from tests.integration.platforms.fakes import Fake
from tests.integration.platforms.wire import Answer, Request

TOKEN = "4839574812:AAFD39kkdpWt3ywyRZergyOLMaJhac60qc"
CHAT = -1001234567890
BOT_ID = 4839574812


def error(status: int, description: str, **parameters: Any) -> Answer:
    """Telegram's form of an error."""
    said: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    return Answer(status, json=said | ({"parameters": parameters} if parameters else {}))


@dataclass
class FakeTelegram(Fake):
    """`member` is what the bot is in the channel. Who asks with another token is unauthorized."""

    chat: dict[str, Any] = field(
        default_factory=lambda: {"id": CHAT, "type": "channel", "title": "Lamps", "username": "lamps_daily"}
    )
    member: dict[str, Any] = field(
        default_factory=lambda: {"status": "administrator", "can_post_messages": True}
    )

    def operation(self, request: Request) -> str:
        return request.path.rpartition("/")[2]

    def done(self, operation: str, request: Request) -> Answer:
        if request.path != f"/bot{TOKEN}/{operation}":
            return error(401, "Unauthorized")
        said = request.json
        if str(said["chat_id"]) not in (str(CHAT), "@lamps_daily"):
            return error(400, "Bad Request: chat not found")
        made = getattr(self, f"_{operation}", None)
        return made(said) if made else error(404, "Not Found")

    def _getChat(self, _said: Any) -> Answer:  # noqa: N802  # Telegram's name
        return _ok(self.chat)

    def _getChatMember(self, said: Any) -> Answer:  # noqa: N802  # Telegram's name
        return _ok({**self.member, "user": {"id": said["user_id"]}}) if said["user_id"] == BOT_ID else _NONE

    def _sendMessage(self, said: Any) -> Answer:  # noqa: N802  # Telegram's name
        if len(said["text"].encode("utf-16-le")) > 2 * 4_096:
            return error(400, "Bad Request: message is too long")
        return self._sent(said, [{"text": said["text"]}])

    def _sendPhoto(self, said: Any) -> Answer:  # noqa: N802  # Telegram's name
        return self._sent(said, [{"photo": said["photo"], "caption": said.get("caption")}])

    def _sendMediaGroup(self, said: Any) -> Answer:  # noqa: N802  # Telegram's name
        if not 2 <= len(said["media"]) <= 10:
            return error(400, "Bad Request: wrong number of messages in album")
        return self._sent(said, [{"photo": m["media"], "caption": m.get("caption")} for m in said["media"]])

    def _sent(self, said: Any, messages: list[dict[str, Any]]) -> Answer:
        answers = said.get("reply_parameters", {}).get("message_id")
        if answers is not None and self._find(answers) is None:
            return error(400, "Bad Request: message to be replied not found")
        made = [{"message_id": int(self.next_id()), "chat": self.chat, **each} for each in messages]
        self.posts += [{**each, "answers": answers} for each in made]
        return _ok(made if "media" in said else made[0])

    def _editMessageText(self, said: Any) -> Answer:  # noqa: N802  # Telegram's name
        return self._edited(said, "text")

    def _editMessageCaption(self, said: Any) -> Answer:  # noqa: N802  # Telegram's name
        return self._edited(said, "caption")

    def _edited(self, said: Any, field_: str) -> Answer:
        message = self._find(said["message_id"])
        if message is None:
            return error(400, "Bad Request: message to edit not found")
        if message[field_] == said[field_]:
            return error(400, "Bad Request: message is not modified: specified new message content ...")
        message[field_] = said[field_]
        return _ok(message)

    def _deleteMessage(self, said: Any) -> Answer:  # noqa: N802  # Telegram's name
        message = self._find(said["message_id"])
        if message is None:
            return error(400, "Bad Request: message to delete not found")
        self.posts.remove(message)
        return _ok(True)

    def _deleteMessages(self, said: Any) -> Answer:  # noqa: N802  # Telegram's name
        self.posts[:] = [each for each in self.posts if each["message_id"] not in said["message_ids"]]
        return _ok(True)

    def _find(self, message_id: int) -> dict[str, Any] | None:
        return next((each for each in self.posts if each["message_id"] == message_id), None)


_NONE = error(400, "Bad Request: user not found")


def _ok(result: Any) -> Answer:
    return Answer(json={"ok": True, "result": result})
