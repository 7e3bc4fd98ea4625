"""Mastodon: the server keeps our Idempotency-Key for an hour and answers a repeat with the first status."""

from lamplighter.platforms.mastodon.account import connect, refresh
from lamplighter.platforms.mastodon.editing import edit
from lamplighter.platforms.mastodon.posts import delete, prepare, publish
from lamplighter.platforms.mastodon.reconciling import reconcile

__all__ = ["connect", "delete", "edit", "prepare", "publish", "reconcile", "refresh"]
