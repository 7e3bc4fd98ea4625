"""LinkedIn pages: no key and no container; what a lost answer leaves open is looked for among its posts."""

from lamplighter.platforms.linkedin.account import connect, refresh
from lamplighter.platforms.linkedin.changing import delete, edit
from lamplighter.platforms.linkedin.posts import prepare, publish
from lamplighter.platforms.linkedin.reconciling import reconcile

__all__ = ["connect", "delete", "edit", "prepare", "publish", "reconcile", "refresh"]
