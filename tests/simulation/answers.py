"""What a simulated connector makes of an answer."""

from lamplighter.domain.outcomes import (
    Duplicate,
    NotSent,
    Outcome,
    Published,
    RateLimited,
    Reconciled,
    Rejected,
    TokenExpired,
    Unknown,
)
from tests.simulation.remotes import Accepted


def published(post: Accepted) -> Published:
    """What the caller is told of a post."""
    return Published(post.id, f"https://{post.platform}.example/{post.id}", {"at": post.at})


def before_posting(outcome: Outcome) -> Outcome:
    """What is unknown about a call that posts nothing may simply be done again."""
    return NotSent(outcome.code, outcome.message) if isinstance(outcome, Unknown) else outcome


def while_looking(outcome: Reconciled) -> Unknown | TokenExpired:
    """A look that fails leaves the fate of a post as unknown as before."""
    match outcome:
        case Unknown() | TokenExpired():
            return outcome
        case RateLimited(message) | Duplicate(message):
            return Unknown("cannot_look", message)
        case Rejected(code, message) | NotSent(code, message):
            return Unknown(code, message)
    return Unknown("cannot_look", "The network did not say what became of the post.")
