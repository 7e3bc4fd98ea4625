"""Posts of ours that stand on a network already: what a segment answers, what is to be changed or removed."""

from urllib.parse import quote

from lamplighter.domain.outcomes import Rejected
from lamplighter.platforms.base import Post, Remote


def answered(post: Post) -> tuple[Remote, Remote] | Rejected | None:
    """The first segment and the one that this one answers; None where it is the first itself.

    A reply without them would stand alone, so it is refused.
    """
    if post.kind == "post":
        return None
    if post.root and post.root.remote_id and post.parent and post.parent.remote_id:
        return post.root, post.parent
    return Rejected("parent_unknown", "It is not known where the post that this one answers stands.")


def segment_of_path(remote: Remote) -> str | Rejected:
    """The post's id in an address; without one, finding nothing there would prove nothing."""
    if remote.remote_id:
        return quote(remote.remote_id, safe="")
    return Rejected("post_unknown", "It is not known where the post stands.")


def parent_gone(network: str) -> Rejected:
    """For an answer to a post that the network has not."""
    return Rejected("parent_gone", f"The post that this one answers is not on {network} any more.")


def post_gone(network: str) -> Rejected:
    """For a change of a post that the network has not."""
    return Rejected("post_gone", f"The post is not on {network} any more.")
