"""What each network speaks, as far as a post needs it."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from tests.integration.promises.networks import Answer, Asked, Network, ahead

FIELDS: dict[str, Any] = {"media_attachments": [], "spoiler_text": "", "sensitive": False}
"""What a status of Mastodon's has beside its id."""


@dataclass(frozen=True)
class Route:
    """`changes`: whether it does something that faults are for."""

    method: str
    path: re.Pattern[str]
    act: Callable[[Network, Asked], Answer]
    changes: bool = False

    @property
    def is_upload(self) -> bool:
        """Whether it takes a picture."""
        return self.act in {_blob, _file}


def _last(asked: Asked) -> str:
    return asked.path.rpartition("/")[2]


def _taken(network: Network, id_: str) -> dict[str, Any]:
    return {"id": id_, "url": f"{network.url}/posts/{id_}", "created_at": network.made(id_)["at"]}


def _file(network: Network, asked: Asked) -> Answer:
    said = {
        "id": hashlib.sha256(asked.body).hexdigest()[:16],
        "url": None,
        "processing": network.processing > 0,
    }
    return 202 if network.processing and asked.path.startswith("/api") else 200, said


def _file_read(network: Network, asked: Asked) -> Answer:
    network.processing = max(0, network.processing - 1)
    status = 206 if network.processing and asked.path.startswith("/api") else 200
    return status, {"id": _last(asked), "url": None, "processing": network.processing > 0}


def _removed(network: Network, asked: Asked) -> Answer:
    gone = network.posts.pop(_last(asked), None)
    return (404, {"error": "gone"}) if gone is None else (200, {})


def _edited(network: Network, asked: Asked) -> Answer:
    if _last(asked) not in network.posts:
        return 404, {"error": "gone"}
    said = asked.json
    network.posts[_last(asked)]["text"] = said.get("text") or said.get("status")
    return 200, _taken(network, _last(asked))


def _posted_here(network: Network, asked: Asked) -> Answer:
    said = asked.json
    answers = said.get("reply_to") or said.get("in_reply_to_id")
    if answers is not None and str(answers) not in network.posts:
        return 404, {"error": "what it answers is gone", "detail": "what it answers is gone"}
    text = said["text"] if "text" in said else said["status"]
    id_ = network.accept(
        text, asked.headers.get("Idempotency-Key"), parent=answers, media=bool(said.get("media"))
    )
    return 200, {**_taken(network, id_), **FIELDS}


def _own_account(network: Network, asked: Asked) -> Answer:
    return 200, {"id": "7", "username": asked.token[-12:]}


def _session(network: Network, asked: Asked) -> Answer:
    who = asked.json["identifier"]
    said = {
        "did": f"did:plc:{who}",
        "handle": f"{who}.test",
        "accessJwt": f"a.1.{who}",
        "refreshJwt": f"r.1.{who}",
    }
    return 200, said


def _refreshed(network: Network, asked: Asked) -> Answer:
    """The next pair; a token that was used up is let in again for a while, as a PDS does."""
    _, number, who = asked.token.split(".", 2)
    said = {"did": f"did:plc:{who}", "handle": f"{who}.test"}
    following = int(number) + 1
    return 200, {**said, "accessJwt": f"a.{following}.{who}", "refreshJwt": f"r.{following}.{who}"}


def _record(network: Network, asked: Asked) -> Answer:
    found = network.posts.get(network._keys.get(asked.query["rkey"], ""))
    if found is None:
        return 400, {"error": "RecordNotFound", "message": "Could not locate record"}
    return 200, {
        "uri": _uri(asked.query["repo"], asked.query["rkey"]),
        "cid": _cid(found),
        "value": found["record"],
    }


def _record_put(network: Network, asked: Asked) -> Answer:
    said = asked.json
    known = network.posts.get(network._keys.get(said["rkey"], ""))
    if known is not None and said.get("swapRecord", known) is None and known["record"] != said["record"]:
        return 400, {"error": "InvalidSwap", "message": "Record was at another"}
    id_ = network.accept(said["record"]["text"], said["rkey"], record=said["record"])
    return 200, {"uri": _uri(said["repo"], said["rkey"]), "cid": _cid(network.made(id_))}


def _record_removed(network: Network, asked: Asked) -> Answer:
    network.posts.pop(network._keys.get(asked.json["rkey"], ""), None)
    return 200, {}


def _blob(network: Network, asked: Asked) -> Answer:
    link = hashlib.sha256(asked.body).hexdigest()
    kind = asked.headers["Content-Type"]
    return 200, {"blob": {"$type": "blob", "ref": {"$link": link}, "mimeType": kind, "size": len(asked.body)}}


def _uri(repo: str, rkey: str) -> str:
    return f"at://{repo}/app.bsky.feed.post/{rkey}"


def _cid(post: dict[str, Any]) -> str:
    return "bafy" + hashlib.sha256(json.dumps(post["record"], sort_keys=True).encode()).hexdigest()[:40]


def _shown(network: Network, asked: Asked) -> Answer:
    found = network.posts.get(_last(asked))
    return (404, {"error": "gone"}) if found is None else (200, {**_taken(network, found["id"]), **FIELDS})


def _handle(network: Network, asked: Asked) -> Answer:
    return 200, {"did": f"did:plc:{asked.query['handle'].partition('.')[0]}"}


def _listed(network: Network, asked: Asked) -> Answer:
    return 200, [{**_taken(network, id_), **FIELDS} for id_ in reversed(network.posts)]


def _source(network: Network, asked: Asked) -> Answer:
    found = network.posts.get(asked.path.split("/")[-2])
    return (404, {"error": "gone"}) if found is None else (200, {"text": found["text"]})


def _chat(network: Network, asked: Asked) -> Answer:
    id_ = int(asked.json["chat_id"])
    return 200, {"ok": True, "result": {"id": id_, "type": "channel", "username": f"chat{-id_}"}}


def _member(network: Network, asked: Asked) -> Answer:
    return 200, {"ok": True, "result": {"status": "administrator", "can_post_messages": True}}


def _message(network: Network, asked: Asked) -> Answer:
    said = asked.json
    id_ = network.accept(said["text"], None, parent=said.get("reply_parameters"))
    return 200, {"ok": True, "result": {"message_id": int(id_), "chat": {"id": int(said["chat_id"])}}}


def _page(network: Network, asked: Asked) -> Answer:
    return 200, {"id": int(_last(asked)), "vanityName": f"page-{_last(asked)}"}


def _shared(network: Network, asked: Asked) -> Answer:
    id_ = network.accept(asked.json["commentary"], None, author=asked.json["author"])
    return 201, {"headers": {"x-restli-id": f"urn:li:share:{id_}"}}


def _shares(network: Network, asked: Asked) -> Answer:
    mine = [post for post in network.posts.values() if post["author"] == asked.query["author"]]
    at = int(datetime.fromisoformat(ahead()).timestamp() * 1000)
    shown = [{"id": f"urn:li:share:{p['id']}", "createdAt": at, "commentary": p["text"]} for p in mine]
    return 200, {"elements": shown}


def _me(network: Network, asked: Asked) -> Answer:
    return 200, {"id": asked.token.rpartition("-")[2], "username": "ada"}


def _container(network: Network, asked: Asked) -> Answer:
    form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
    network.containers[id_ := f"9{len(network.containers)}"] = {**form, "status": "FINISHED"}
    return 200, {"id": id_}


def _container_status(network: Network, asked: Asked) -> Answer:
    known = network.containers.get(_last(asked))
    return (404, {}) if known is None else (200, {"id": _last(asked), "status": known["status"]})


def _container_published(network: Network, asked: Asked) -> Answer:
    known = network.containers[parse_qs(asked.body.decode())["creation_id"][0]]
    if known["status"] != "FINISHED":
        return 400, {"error": {"message": "No.", "code": 24, "error_subcode": 4_279_009}}
    known["status"] = "PUBLISHED"
    owner, parent = asked.path.split("/")[2], known.get("reply_to_id")
    return 200, {"id": network.accept(known["text"], None, owner=owner, parent=parent)}


def _containers_posts(network: Network, asked: Asked) -> Answer:
    replies, owner = _last(asked) == "replies", asked.path.split("/")[2]
    mine = [p for p in network.posts.values() if p["owner"] == owner and bool(p["parent"]) == replies]
    shown = {"timestamp": ahead(), "media_type": "TEXT_POST", "permalink": f"{network.url}/posts"}
    return 200, {"data": [{"id": post["id"], "text": post["text"], **shown} for post in mine]}


def _route(
    method: str, path: str, act: Callable[[Network, Asked], Answer], *, changes: bool = False
) -> Route:
    return Route(method, re.compile(path), act, changes)


ROUTES = [
    _route("POST", "/sandbox/api/media", _file),
    _route("POST", "/sandbox/api/posts", _posted_here, changes=True),
    _route("GET", "/sandbox/api/media/[^/]+", _file_read),
    _route("PUT", "/sandbox/api/posts/[^/]+", _edited, changes=True),
    _route("DELETE", "/sandbox/api/posts/[^/]+", _removed, changes=True),
    _route("GET", "/api/v1/accounts/verify_credentials", _own_account),
    _route("GET", "/api/v1/accounts/7/statuses", _listed),
    _route("GET", "/api/v1/statuses/[^/]+/source", _source),
    _route("POST", "/api/v2/media", _file),
    _route("GET", "/api/v1/media/[^/]+", _file_read),
    _route("GET", "/api/v1/statuses/[^/]+", _shown),
    _route("POST", "/api/v1/statuses", _posted_here, changes=True),
    _route("PUT", "/api/v1/statuses/[^/]+", _edited, changes=True),
    _route("DELETE", "/api/v1/statuses/[^/]+", _removed, changes=True),
    _route("POST", "/bot[^/]+/getChat", _chat),
    _route("POST", "/bot[^/]+/getChatMember", _member),
    _route("POST", "/bot[^/]+/sendMessage", _message, changes=True),
    _route("GET", "/rest/organizations/[0-9]+", _page),
    _route("GET", "/rest/posts", _shares),
    _route("POST", "/rest/posts", _shared, changes=True),
    _route("GET", "/v1.0/me", _me),
    _route("POST", "/v1.0/[0-9]+/threads", _container),
    _route("POST", "/v1.0/[0-9]+/threads_publish", _container_published, changes=True),
    _route("GET", "/v1.0/[0-9]+/(threads|replies)", _containers_posts),
    _route("GET", "/v1.0/[0-9]+", _container_status),
    _route("POST", "/xrpc/com.atproto.server.createSession", _session),
    _route("POST", "/xrpc/com.atproto.server.refreshSession", _refreshed),
    _route("POST", "/xrpc/com.atproto.repo.uploadBlob", _blob),
    _route("GET", "/xrpc/com.atproto.repo.getRecord", _record),
    _route("GET", "/xrpc/com.atproto.identity.resolveHandle", _handle),
    _route("POST", "/xrpc/com.atproto.repo.putRecord", _record_put, changes=True),
    _route("POST", "/xrpc/com.atproto.repo.deleteRecord", _record_removed, changes=True),
]
