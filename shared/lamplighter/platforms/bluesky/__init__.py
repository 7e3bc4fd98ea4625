"""Bluesky (AT Protocol): record and key are frozen first, so that putting it again changes nothing."""

from lamplighter.platforms.bluesky.posts import delete, prepare, publish, reconcile
from lamplighter.platforms.bluesky.session import connect, refresh

__all__ = ["connect", "delete", "prepare", "publish", "reconcile", "refresh"]
