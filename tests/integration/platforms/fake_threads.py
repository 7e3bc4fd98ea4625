"""Threads in small, after developers.facebook.com/documentation/threads (April 2026)."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.integration.platforms.fakes import Fake
from tests.integration.platforms.wire import Answer, Request

USER = "4711"
TOKEN = "threads-token-of-ada"
RENEWED = "threads-token-of-ada-renewed"


def error(status: int, code: int, message: str = "No.", **more: Any) -> Answer:
    """Meta's form of an error."""
    return Answer(
        status, json={"error": {"message": message, "type": "OAuthException", "code": code, **more}}
    )


EXPIRED = error(400, 190, "Session has expired.", error_subcode=463)
GONE = error(400, 100, "Unsupported request. Object does not exist.", error_subcode=33)


@dataclass
class FakeThreads(Fake):
    """`processing`: how often a new container is still in the works when it is asked for. `unlisted`: how
    often the list of posts lacks the newest one."""

    processing: int = 0
    unlisted: int = 0
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    containers: dict[str, dict[str, Any]] = field(default_factory=dict)

    _OPERATIONS = (
        ("me", "GET", r"/v1\.0/me"),
        ("refresh", "GET", r"/refresh_access_token"),
        ("create", "POST", rf"/v1\.0/{USER}/threads"),
        ("publish", "POST", rf"/v1\.0/{USER}/threads_publish"),
        ("list", "GET", rf"/v1\.0/{USER}/(threads|replies)"),
        ("delete", "DELETE", r"/v1\.0/\d+"),
        ("read", "GET", r"/v1\.0/\d+"),
    )

    def operation(self, request: Request) -> str:
        path = urlsplit(request.path).path
        for name, method, pattern in self._OPERATIONS:
            if request.method == method and re.fullmatch(pattern, path):
                is_status = name == "read" and path.rpartition("/")[2] in self.containers
                return "status" if is_status else name
        return "nothing"

    def done(self, operation: str, request: Request) -> Answer:
        query = dict(parse_qsl(urlsplit(request.path).query))
        if operation == "refresh":
            return self._refreshed(query)
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return EXPIRED
        form = dict(parse_qsl(request.body.decode()))
        id_ = urlsplit(request.path).path.rpartition("/")[2]
        do: dict[str, Callable[[], Answer]] = {
            "me": lambda: Answer(json={"id": USER, "username": "ada"}),
            "create": lambda: self._created(form),
            "status": lambda: self._status(id_),
            "publish": lambda: self._published(form["creation_id"]),
            "list": lambda: self._listed(is_reply=id_ == "replies"),
            "read": lambda: self._one(id_, deletes=False),
            "delete": lambda: self._one(id_, deletes=True),
        }
        return do[operation]()

    def expire(self, container: str) -> None:
        self.containers[container]["status"] = "EXPIRED"

    def _refreshed(self, query: dict[str, str]) -> Answer:
        if query != {"grant_type": "th_refresh_token", "access_token": query.get("access_token")}:
            return error(400, 100)
        if query["access_token"] not in self.tokens:
            return EXPIRED
        self.tokens.add(RENEWED)
        return Answer(json={"access_token": RENEWED, "token_type": "bearer", "expires_in": 5_184_000})

    def _created(self, form: dict[str, str]) -> Answer:
        children = form.get("children", "").split(",") if form["media_type"] == "CAROUSEL" else []
        if any(self.containers.get(child, {}).get("status") != "FINISHED" for child in children):
            return error(400, 100, "A child is not ready.")
        if form["media_type"] == "TEXT" and not form.get("text"):
            return error(400, 100, "No text.")
        container = self.next_id()
        status = "IN_PROGRESS" if self.processing else "FINISHED"
        self.containers[container] = {**form, "status": status, "left": self.processing}
        return Answer(json={"id": container})

    def _status(self, container: str) -> Answer:
        known = self.containers[container]
        if known["status"] == "IN_PROGRESS":
            known["left"] -= 1
            if known["left"] < 0:
                known["status"] = "FINISHED"
        said = {"status": known["status"], "id": container}
        if known["status"] == "ERROR":
            said["error_message"] = "FAILED_DOWNLOADING_VIDEO"
        return Answer(json=said)

    def _published(self, container: str) -> Answer:
        known = self.containers[container]
        if known["status"] != "FINISHED":
            return error(400, 24, "The requested resource does not exist", error_subcode=4_279_009)
        known["status"] = "PUBLISHED"
        kinds = {"TEXT": "TEXT_POST", "CAROUSEL": "CAROUSEL_ALBUM"}
        post: dict[str, object] = {
            "id": self.next_id(),
            "text": known.get("text"),
            "media_type": kinds.get(known["media_type"], known["media_type"]),
            "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000"),
            "reply_to_id": known.get("reply_to_id"),
        }
        post["permalink"] = f"https://www.threads.net/@ada/post/{post['id']}"
        self.posts.append(post)
        return Answer(json={"id": post["id"]})

    def _listed(self, *, is_reply: bool) -> Answer:
        found = [post for post in self.posts if (post["reply_to_id"] is not None) == is_reply]
        if self.unlisted:
            self.unlisted -= 1
            found = found[:-1]
        return Answer(json={"data": list(reversed(found))})

    def _one(self, id_: str, *, deletes: bool) -> Answer:
        post = next((each for each in self.posts if each["id"] == id_), None)
        if post is None:
            return GONE
        if deletes:
            self.posts.remove(post)
            return Answer(json={"success": True, "deleted_id": id_})
        return Answer(json=post)
