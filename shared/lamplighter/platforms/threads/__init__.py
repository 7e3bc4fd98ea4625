"""Threads: a post is a container first, whose id tells what became of it; it is published once."""

from lamplighter.platforms.threads.account import connect, refresh
from lamplighter.platforms.threads.posts import delete, prepare, publish
from lamplighter.platforms.threads.reconciling import reconcile

__all__ = ["connect", "delete", "prepare", "publish", "reconcile", "refresh"]
