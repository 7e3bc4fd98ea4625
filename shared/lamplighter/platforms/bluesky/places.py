"""Where an account's records stand."""

from lamplighter.platforms.base import Account, Remote
from lamplighter.platforms.bluesky.record import COLLECTION


def place(account: Account, rkey: str) -> dict[str, str]:
    """A record as calls name it."""
    return {"repo": account.channel_id, "collection": COLLECTION, "rkey": rkey}


def uri(account: Account, rkey: str) -> str:
    """A record as other records name it, and as we store it."""
    return f"at://{account.channel_id}/{COLLECTION}/{rkey}"


def url(account: Account, rkey: str) -> str:
    """Where a person sees it."""
    return f"https://bsky.app/profile/{account.channel_id}/post/{rkey}"


def key_in(remote: Remote) -> str:
    """The key of a post of the account's, from either address."""
    return remote.remote_id.rstrip("/").rpartition("/")[2]
