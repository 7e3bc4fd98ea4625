"""What an answer proves by its status, for the networks that mean by a status what HTTP means."""

from http import HTTPStatus

from lamplighter.domain.outcomes import NotSent, Outcome, RateLimited, Rejected, TokenExpired, Unknown
from lamplighter.egress import Response
from lamplighter.platforms._shared.storable import plain
from lamplighter.platforms._shared.waiting import seconds_to_wait
from lamplighter.platforms.base import ConnectFailed
from lamplighter.platforms.transport import Failed

_LONGEST_QUOTE = 200
# Answered by what stands in front of a server, or half-way: neither proves that nothing was done.
_UNCLEAR = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY})


def failure(response: Response, network: str, words: str) -> Outcome:
    """The outcome of a call that was answered, but not with what it asked for.

    `words` is what the network said. A refusal proves that nothing was done; a 5xx, a redirect and a 2xx
    that cannot be read prove nothing.
    """
    status = response.status
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        wait = seconds_to_wait(response.headers)
        return RateLimited(f"{network} takes no more calls for now. {words}".strip(), wait)
    if status == HTTPStatus.UNAUTHORIZED:
        return TokenExpired(f"{network} no longer accepts this account's token. {words}".strip())
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in _UNCLEAR:
        return Rejected("refused", f"{network} refused ({status}). {words}".strip())
    return Unknown(
        "unclear_answer", f"{network} answered {status}, which does not say what was done. {words}".strip()
    )


def before_posting(outcome: Outcome) -> Outcome:
    """The same for a call that cannot post anything: what is unknown about it may simply be done again."""
    if isinstance(outcome, Unknown):
        return NotSent(outcome.code, outcome.message)
    return outcome


def while_looking(outcome: Outcome) -> Unknown:
    """The same for a look at what became of a post: one that fails leaves its fate as unknown as before."""
    match outcome:
        case Unknown() as unknown:
            return unknown
        case RateLimited(message) | TokenExpired(message):
            return Unknown("cannot_look", message)
        case Rejected(code, message) | NotSent(code, message):
            return Unknown(code, message)
        case _:
            return Unknown("cannot_look", "The network did not say what became of the post.")


def while_connecting(failed: Failed | Outcome) -> ConnectFailed:
    """The same for opening an account."""
    match failed:
        case Rejected(code, message):
            return ConnectFailed(code, message)
        case TokenExpired(message):
            return ConnectFailed("credentials_refused", message)
        case RateLimited(message):
            return ConnectFailed("rate_limited", message, transient=True)
        case NotSent(code, message) | Unknown(code, message):
            return ConnectFailed(code, message, transient=True)
        case _:
            return ConnectFailed("unclear_answer", "The network did not answer as expected.", transient=True)


def quoted(text: object, *secrets: str | None) -> str:
    """A network's own words, fit to be stored and shown: one line, cut, and never with one of the secrets."""
    if not isinstance(text, str):
        return ""
    line = plain(
        " ".join(text.split())
    )  # first, or a control character would hide a secret from what follows
    for secret in filter(None, secrets):
        line = line.replace(secret, "***")
    return line if len(line) <= _LONGEST_QUOTE else line[:_LONGEST_QUOTE] + "..."
