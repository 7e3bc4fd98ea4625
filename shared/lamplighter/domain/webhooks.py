"""Webhooks' rules: who is told of what, when it is tried again, when an endpoint is given up."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

EVERYTHING = "*"

SCHEDULE = tuple(
    timedelta(seconds=seconds)
    for seconds in (0, 5, 5 * 60, 30 * 60, *(hours * 3600 for hours in (2, 5, 10, 14, 20, 24)))
)
"""How long after the one before it each attempt begins: ten of them, over three days."""
JITTER = 0.2
"""Each wait is up to so much shorter or longer, so that what failed together does not come back together."""
FLOOR = timedelta(seconds=60)
"""After a 429 or a timeout nothing is tried again sooner."""
WARNED_AFTER = timedelta(hours=24)
DISABLED_AFTER = timedelta(days=5)
DISABLED_FROM = 20
"""Attempts that must have failed before an endpoint is given up."""
LONGEST_BODY = 20_000
"""Bytes of what is sent, and of what is kept of an answer."""

TOO_MANY, GONE = 429, 410
_UNRECOVERABLE = frozenset({"address_refused", "secret_unreadable", "too_large"})
"""No attempt can help: the rules refuse the address, or the secret does not open."""

RESERVED_HEADERS = frozenset(
    {
        *("accept-encoding", "authority", "connection", "content-encoding", "content-length"),
        *("content-range", "content-type", "cookie", "expect"),
        *("host", "keep-alive", "origin", "proxy-authorization", "proxy-connection", "referer", "te"),
        *("trailer", "transfer-encoding", "upgrade", "user-agent", "via", "forwarded"),
    }
)
_RESERVED_PREFIXES = ("webhook-", "svix-", "proxy-", "sec-", "x-forwarded-", "x-amz", "x-lamplighter-")


@dataclass(frozen=True, slots=True)
class Told:
    """What decides who hears of an event."""

    type: str
    resource_id: UUID | None
    mode: str
    connection_ids: Sequence[UUID] | None = None
    campaign_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an endpoint wants to hear of. None: no filter."""

    webhook_id: UUID
    types: Collection[str]
    mode: str
    connection_ids: Collection[UUID] | None = None
    campaign_ids: Collection[UUID] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one attempt: a status, or the code of why there is none."""

    status: int | None = None
    error: str | None = None
    retry_after: timedelta | None = None

    @property
    def is_success(self) -> bool:
        """2xx and nothing else: a redirect is not followed, so what it answers has not been delivered."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004  # RFC 9110, 15.3

    @property
    def code(self) -> str | None:
        """Why it has not arrived, in one word; None where it has."""
        if self.is_success:
            return None
        if self.status is None:
            return self.error
        if 300 <= self.status < 400:  # noqa: PLR2004  # RFC 9110, 15.4
            return "redirect"
        return {TOO_MANY: "rate_limited", GONE: "gone"}.get(self.status, "bad_status")


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint has answered of late."""

    failing_since: datetime | None
    failures: int
    warned_at: datetime | None = None


def wants(endpoint: Wanted, event: Told) -> bool:
    """Whether the endpoint is told of the event. Never of itself, so that nothing goes in circles. A filter
    narrows what has accounts or a campaign: what has none, such as a new member, passes."""
    if endpoint.mode != event.mode or event.resource_id == endpoint.webhook_id:
        return False
    if not any(names(pattern, event.type) for pattern in endpoint.types):
        return False
    accounts, campaigns = endpoint.connection_ids, endpoint.campaign_ids
    if (
        accounts is not None
        and event.connection_ids is not None
        and set(accounts).isdisjoint(event.connection_ids)
    ):
        return False
    return campaigns is None or event.campaign_id is None or event.campaign_id in campaigns


def names(pattern: str, event_type: str) -> bool:
    """Whether a pattern (`publication.failed`, `publication.*`, `*`) names the type."""
    if pattern == EVERYTHING:
        return True
    if pattern.endswith(".*"):
        return event_type.startswith(pattern[:-1])
    return pattern == event_type


def is_reserved(header: str) -> bool:
    """Whether a custom header of this name would say what is ours or the connection's to say."""
    name = header.lower()
    return name in RESERVED_HEADERS or name.startswith(_RESERVED_PREFIXES)


def wait_after(made: int, answer: Answer, fraction: float) -> timedelta | None:
    """How long after failed attempt number `made` of its schedule the next one begins; None: never.

    `fraction` (0 to 1) is the jitter's chance. A receiver's Retry-After counts between the schedule's wait
    and twice that.
    """
    if answer.error in _UNRECOVERABLE or answer.status == GONE or made >= len(SCHEDULE):
        return None
    base = SCHEDULE[made]
    if answer.retry_after is None:
        wait = base * (1 - JITTER + 2 * JITTER * fraction)
    else:
        wait = min(max(answer.retry_after, base), 2 * base)
    return max(wait, FLOOR) if answer.status == TOO_MANY or answer.error == "timeout" else wait


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """What the answer's Retry-After asks for, in seconds or as a date (RFC 9110, 10.2.3); None where it asks
    for nothing that can be read."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value[:9]), 10**6))
    if not value:
        return None
    try:
        at = datetime.strptime(value, "%a, %d %b %Y %H:%M:%S GMT")  # noqa: DTZ007  # GMT, as HTTP has it
    except ValueError:
        return None
    return max(at.replace(tzinfo=now.tzinfo) - now, timedelta(0))


def is_given_up(health: Health, now: datetime) -> bool:
    """Whether an endpoint has answered with nothing but failures for so long that it is disabled."""
    since = health.failing_since
    return since is not None and health.failures >= DISABLED_FROM and now - since >= DISABLED_AFTER


def is_to_be_warned_of(health: Health, now: datetime) -> bool:
    """Whether people are to hear now that an endpoint fails."""
    since = health.failing_since
    return since is not None and health.warned_at is None and now - since >= WARNED_AFTER


def admitted(
    wanted: int, rate_per_minute: int | None, used_until: datetime | None, now: datetime
) -> tuple[int, datetime | None]:
    """How many of `wanted` attempts an endpoint's rate lets through now, and up to when it is used up then.
    A tenth of a minute's worth may come at once (GCRA)."""
    if rate_per_minute is None:
        return wanted, None
    each = timedelta(minutes=1) / rate_per_minute
    burst = max(1, rate_per_minute // 10) * each
    since = max(used_until or now, now)
    free = max(0, int((now + burst - since) / each))
    taken = min(wanted, free)
    return taken, since + taken * each


def used(rate_per_minute: int, used_until: datetime | None, at: datetime) -> int:
    """How many attempts may have been let through at a moment, by what was used up then; at least one."""
    each = timedelta(minutes=1) / rate_per_minute
    return max(1, -int((at - (used_until or at)) / each // 1))
