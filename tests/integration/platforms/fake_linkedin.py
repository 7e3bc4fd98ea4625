"""LinkedIn's Community Management API in small, for one page."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.integration.platforms.fakes import Fake
from tests.integration.platforms.wire import Answer, Request

PAGE = "urn:li:organization:2414183"
TOKEN = "linkedin-token-of-the-page"


def error(status: int, message: str, **more: Any) -> Answer:
    """LinkedIn's form of an error."""
    return Answer(status, json={"status": status, "message": message, **more})


NO_PERMISSION = error(403, "Not enough permissions to access: posts.FINDER-author.20260701")
DUPLICATE = error(422, "Content is a duplicate of urn:li:share:7000000000000000001", code="DUPLICATE_POST")


@dataclass
class FakeLinkedIn(Fake):
    """`processing`: how often a new image is still in the works when it is asked for. `unlisted`: how many of
    the newest posts no list shows yet."""

    processing: int = 0
    unlisted: int = 0
    images: dict[str, int] = field(default_factory=dict)
    bytes: dict[str, bytes] = field(default_factory=dict)
    comments: list[dict[str, Any]] = field(default_factory=list)

    _OPERATIONS = (
        ("organization", "GET", r"/rest/organizations/\d+"),
        ("initialize", "POST", r"/rest/images"),
        ("upload", "PUT", r"/dms-uploads/.+"),
        ("image", "GET", r"/rest/images/.+"),
        ("create", "POST", r"/rest/posts"),
        ("list", "GET", r"/rest/posts"),
        ("edit", "POST", r"/rest/posts/.+"),
        ("delete", "DELETE", r"/rest/posts/.+"),
        ("comment", "POST", r"/rest/socialActions/[^/]+/comments"),
        ("comments", "GET", r"/rest/socialActions/[^/]+/comments"),
        ("edit comment", "POST", r"/rest/socialActions/[^/]+/comments/.+"),
        ("delete comment", "DELETE", r"/rest/socialActions/[^/]+/comments/.+"),
    )

    def operation(self, request: Request) -> str:
        path = urlsplit(request.path).path
        found = (n for n, method, p in self._OPERATIONS if request.method == method and re.fullmatch(p, path))
        return next(found, "nothing")

    def done(self, operation: str, request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return error(401, "Invalid access token", serviceErrorCode=65_600)
        if operation == "upload":
            return self._uploaded(request)
        if not re.fullmatch(r"20\d{4}", request.headers.get("linkedin-version", "")):
            return error(400, "A version is required")
        if request.headers.get("x-restli-protocol-version") != "2.0.0":
            return error(400, "Syntax exception in path variables")
        do: Callable[[Request], Answer] = getattr(self, "_" + operation.replace(" ", "_"))
        return do(request)

    def _nothing(self, request: Request) -> Answer:
        return error(404, f"No virtual resource found for {request.path}")

    def _organization(self, request: Request) -> Answer:
        number = int(PAGE.rpartition(":")[2])
        if urlsplit(request.path).path.rpartition("/")[2] != str(number):
            return error(403, "Not enough permissions to access: organizations.GET")
        return Answer(json={"id": number, "localizedName": "Ada & Co", "vanityName": "ada-and-co"})

    def _initialize(self, request: Request) -> Answer:
        if request.json != {"initializeUploadRequest": {"owner": PAGE}}:
            return error(400, "owner")
        urn = f"urn:li:image:C4E{self.next_id()}"
        self.images[urn] = self.processing
        return Answer(
            json={"value": {"image": urn, "uploadUrl": f"{self.url}/dms-uploads/{urn}?sig=of-ours"}}
        )

    def _uploaded(self, request: Request) -> Answer:
        self.bytes[urlsplit(request.path).path.removeprefix("/dms-uploads/")] = request.body
        return Answer(201)

    def _image(self, request: Request) -> Answer:
        urn = _last(request)
        self.images[urn] -= 1
        return Answer(json={"id": urn, "status": "PROCESSING" if self.images[urn] >= 0 else "AVAILABLE"})

    def _create(self, request: Request) -> Answer:
        post = request.json
        if any(_text(each) == _text(post) for each in self.posts):
            return DUPLICATE
        now = int(time.time() * 1000)
        urn = f"urn:li:share:7{self.next_id()}"
        self.posts.append({**post, "id": urn, "createdAt": now, "publishedAt": now})
        return Answer(201, headers={"x-restli-id": urn})

    def _list(self, request: Request) -> Answer:
        query = parse_qs(urlsplit(request.path).query)
        if query["q"] != ["author"] or query["author"] != [PAGE]:
            return error(400, "q")
        if request.headers.get("x-restli-method") != "FINDER":
            return error(400, "X-RestLi-Method")
        start, count = int(query["start"][0]), int(query["count"][0])
        listed = self.posts[: len(self.posts) - self.unlisted]
        return Answer(json={"elements": list(reversed(listed))[start : start + count]})

    def _edit(self, request: Request) -> Answer:
        post = next((each for each in self.posts if each["id"] == _last(request)), None)
        if post is None:
            return error(404, "Not found")
        if request.headers.get("x-restli-method") != "PARTIAL_UPDATE":
            return error(400, "X-RestLi-Method")
        post["commentary"] = request.json["patch"]["$set"]["commentary"]
        return Answer(204)

    def _delete(self, request: Request) -> Answer:
        self.posts[:] = [each for each in self.posts if each["id"] != _last(request)]
        return Answer(204)

    def _comment(self, request: Request) -> Answer:
        said = request.json
        on = unquote(urlsplit(request.path).path.split("/")[3])
        if on != said["object"] or all(each["id"] != on for each in self.posts):
            return error(404, "Not found")
        comment = {**said, "id": f"9{self.next_id()}", "created": {"time": int(time.time() * 1000)}}
        self.comments.append(comment)
        return Answer(201, json=comment, headers={"x-restli-id": comment["id"]})

    def _comments(self, request: Request) -> Answer:
        on = unquote(urlsplit(request.path).path.split("/")[3])
        listed = self.comments[: len(self.comments) - self.unlisted]
        return Answer(json={"elements": [each for each in listed if each["object"] == on]})

    def _edit_comment(self, request: Request) -> Answer:
        comment = next(each for each in self.comments if each["id"] == _last(request))
        comment["message"]["text"] = request.json["patch"]["message"]["$set"]["text"]
        return Answer(200, json=comment)

    def _delete_comment(self, request: Request) -> Answer:
        if parse_qs(urlsplit(request.path).query)["actor"] != [PAGE]:
            return error(400, "actor")
        self.comments[:] = [each for each in self.comments if each["id"] != _last(request)]
        return Answer(204)


def _last(request: Request) -> str:
    return unquote(urlsplit(request.path).path.rpartition("/")[2])


def _text(post: dict[str, Any]) -> tuple[Any, Any]:
    return post["commentary"], post.get("content")
