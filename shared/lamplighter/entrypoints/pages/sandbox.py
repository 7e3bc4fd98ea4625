"""What the sandbox's page shows, as escaped HTML."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID
from zlib import crc32

from aws_lambda_powertools.event_handler import Response

from lamplighter.domain import richtext
from lamplighter.entrypoints.pages import Html, filled, page
from lamplighter.schemas.sandbox import MAX_LATENCY_MS, SandboxFaultRead, SandboxFeed, SandboxPostRead

FAULTS = {
    "": ("none", "only the delay below"),
    "reject": ("reject", "422, not stored"),
    "rate_limit": ("rate_limit", "429, not stored"),
    "duplicate": ("duplicate", "409, not stored"),
    "unauthorized": ("unauthorized", "401, not stored"),
    "error_before": ("error_before", "500, not stored"),
    "error_after": ("error_after", "500, yet stored"),
    "garbage_after": ("garbage_after", "200, unreadable, yet stored"),
    "processing": ("processing", "images are not ready"),
    "slow": ("slow", "well, after the delay"),
}
CALLS = {
    "": "all calls",
    "posts": "posts",
    "replies": "replies",
    "edits": "edits",
    "deletions": "deletions",
}

_POST = """<article class="post" id="post-{{id}}">
<header><span class="face {{hue}}" aria-hidden="true">{{initial}}</span>
<div class="who"><a href="/sandbox/{{account}}">@{{handle}}</a>
<time datetime="{{iso}}">{{clock}} UTC</time></div><span class="ago" data-at="{{iso}}"></span></header>
{{text}}{{pictures}}
<dl class="facts"><div><dt>post </dt><dd>{{id}}</dd></div>{{reply}}{{edited}}{{key}}{{replays}}</dl>
</article>"""
_PICTURE = """<figure><a href="/sandbox/media/{{id}}">
<img src="/sandbox/media/{{id}}" alt="{{alt}}" loading="lazy"></a>{{caption}}</figure>"""
_CALL = """<li><time datetime="{{iso}}">{{clock}}</time><span class="what">{{method}} {{route}}</span>\
<span class="status {{kind}}">{{status}}</span><span class="more">{{outcome}}{{key}}</span></li>"""
_CHOICE = """<label class="choice"><input type="radio" name="fault" value="{{name}}"{{checked}}>\
<span>{{title}}<small>{{says}}</small></span></label>"""

_LINK = '<a href="{{words}}" rel="nofollow noopener noreferrer ugc" target="_blank">{{words}}</a>'

EMPTY = Html('<div class="empty"><b>Nothing here yet</b>What is posted appears by itself.</div>')
CLOSED = Html("""<div class="empty"><b>Which account?</b>
This page shows one account at a time. Its id is the channel_id of the connection.
<form action="/sandbox"><label class="hidden" for="a">Account id</label>
<input id="a" type="text" name="account" required pattern="[0-9a-f]{24}" placeholder="account id">
<button>Show</button></form></div>""")


class CallLike(Protocol):
    """What a row of the list of calls is drawn from."""

    method: str
    route: str
    idempotency_key: str | None
    outcome: str
    status: int
    received_at: datetime
    post_id: UUID | None


def network_page(account: str | None, feed: SandboxFeed) -> Response[str]:
    """The page with what stands there now; its script keeps it fresh."""
    values = {
        "view": "open",
        "account": account or "",
        "subtitle": f"account {account}" if account else "all accounts of this machine",
        "scope": "this account" if account else "every account that has no fault of its own",
        "summary": feed.summary,
        "posts": Html(feed.posts_html),
        "calls": Html(feed.calls_html),
        "state": feed.fault_words,
        "choices": choices_html(),
        "kinds": kinds_html(),
        "max_latency": MAX_LATENCY_MS,
    }
    return page("sandbox", values)


def closed_page() -> Response[str]:
    """The page before it knows whose posts to show."""
    values = dict.fromkeys(
        ("account", "scope", "summary", "calls", "state", "choices", "kinds", "max_latency"), ""
    )
    return page("sandbox", {**values, "view": "closed", "subtitle": "one account at a time", "posts": CLOSED})


def fault_words(fault: SandboxFaultRead) -> str:
    """The fault that is on, in a few words."""
    if not fault.fault and not fault.latency_ms:
        return "none on"
    if fault.remaining == 0:
        return "used up"
    words: list[str] = [fault.fault or "delay"]
    words += [f"{fault.latency_ms} ms"] if fault.latency_ms else []
    words += [f"at {fault.calls}"] if fault.calls else []
    words += [f"{fault.remaining} left"] if fault.remaining is not None else []
    return " · ".join(words)


def posts_html(posts: Sequence[SandboxPostRead]) -> Html:
    """The posts as cards."""
    return Html("".join(_post(post) for post in posts)) or EMPTY


def _post(post: SandboxPostRead) -> Html:
    text = (
        filled('<p class="text" dir="auto">{{text}}</p>', text=marked_up(post.text)) if post.text else Html()
    )
    return filled(
        _POST,
        id=post.id,
        account=post.account,
        handle=post.handle,
        initial=post.handle[:1],
        hue=f"h{crc32(post.handle.encode()) % 8}",
        iso=post.accepted_at.isoformat(),
        clock=clock(post.accepted_at, date=True),
        text=text,
        pictures=_pictures(post),
        reply=_fact("answers", str(post.reply_to) if post.reply_to else None),
        edited=_fact("edited", clock(post.edited_at, date=True) if post.edited_at else None),
        key=_fact("key", post.idempotency_key),
        replays=_replays(post.replays),
    )


def marked_up(text: str) -> Html:
    """The text with its links to follow and its tags and mentions set off; all else is escaped."""
    parts, position = [], 0
    for found in richtext.without_overlaps(
        [*richtext.links(text), *richtext.accounts(text), *richtext.tags(text)]
    ):
        words = text[found.start : found.end]
        template = _LINK if found.kind == "link" else "<b>{{words}}</b>"
        parts += [filled("{{plain}}", plain=text[position : found.start]), filled(template, words=words)]
        position = found.end
    return Html("".join(parts) + filled("{{plain}}", plain=text[position:]))


def _replays(count: int) -> Html:
    if count == 0:
        return Html()
    words = f"{count} replay" if count == 1 else f"{count} replays"
    return filled('<div class="replays"><dt>↻ </dt><dd>{{words}}</dd></div>', words=words)


def _fact(name: str, value: str | None) -> Html:
    if value is None:
        return Html()
    return filled("<div><dt>{{name}} </dt><dd>{{value}}</dd></div>", name=name, value=value)


def _pictures(post: SandboxPostRead) -> Html:
    if not post.media:
        return Html()
    return Html(
        f'<div class="pictures">{"".join(_picture(item.media_id, item.alt) for item in post.media)}</div>'
    )


def _picture(media_id: UUID, alt: str) -> Html:
    caption = filled("<figcaption><span>ALT</span>{{alt}}</figcaption>", alt=alt) if alt else Html()
    return filled(_PICTURE, id=media_id, alt=alt, caption=caption)


def calls_html(calls: Sequence[CallLike]) -> Html:
    """The calls as rows."""
    return Html("".join(_call(call) for call in calls)) or Html('<li class="note">No call yet.</li>')


def _call(call: CallLike) -> Html:
    key = filled(" · <code>{{key}}</code>", key=call.idempotency_key) if call.idempotency_key else Html()
    return filled(
        _CALL,
        iso=call.received_at.isoformat(),
        clock=clock(call.received_at),
        method=call.method,
        route=call.route.removeprefix("/sandbox/api"),
        kind=f"s{call.status // 100}",
        status=call.status,
        outcome=call.outcome,
        key=key,
    )


def choices_html() -> Html:
    """The faults to choose from."""
    return Html(
        "".join(
            filled(_CHOICE, name=name, title=title, says=says, checked=Html(" checked" if name == "" else ""))
            for name, (title, says) in FAULTS.items()
        )
    )


def kinds_html() -> Html:
    """The kinds of calls to choose from."""
    option = '<option value="{{name}}">{{words}}</option>'
    return Html("".join(filled(option, name=name, words=words) for name, words in CALLS.items()))


def clock(time: datetime, *, date: bool = False) -> str:
    """To the millisecond, in UTC."""
    utc = time.astimezone(UTC)
    return utc.strftime("%-d %b %Y, %H:%M:%S." if date else "%H:%M:%S.") + f"{utc.microsecond // 1000:03}"
