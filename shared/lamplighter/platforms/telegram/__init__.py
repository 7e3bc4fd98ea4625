"""Telegram: a bot knows no key and cannot read what it posted: a lost answer is a person's to clear up."""

from lamplighter.platforms.telegram.account import connect, refresh
from lamplighter.platforms.telegram.changing import delete, edit
from lamplighter.platforms.telegram.posts import prepare, publish, reconcile

__all__ = ["connect", "delete", "edit", "prepare", "publish", "reconcile", "refresh"]
