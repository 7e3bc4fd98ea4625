"""What every table shares: names of constraints, types, and the columns that recur."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    LargeBinary,
    MetaData,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from lamplighter.ids import new_id

type Json = dict[str, Any]
type JsonList = list[dict[str, Any]]


class Base(DeclarativeBase):
    """Every table's parent. Constraint names are Postgres' own habit, so that hand-written SQL agrees."""

    metadata = MetaData(
        naming_convention={
            "pk": "%(table_name)s_pkey",
            "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "ck": "%(table_name)s_%(constraint_name)s_check",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        UUID: Uuid(),
        datetime: DateTime(timezone=True),
        date: Date(),
        bytes: LargeBinary(),
        str: Text(),
        Json: JSONB(none_as_null=True),
        JsonList: JSONB(none_as_null=True),
    }


class Identified:
    """A UUIDv7 that the application makes."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, sort_order=-20)


class WorkspaceOwned:
    """A row of exactly one workspace: what row level security and the composite foreign keys rest on."""

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"), sort_order=-10)


class Created:
    """When the row was made."""

    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), sort_order=90)


class Versioned:
    """What users may change: `version` is the ETag, counted up by each update and compared in its WHERE."""

    version: Mapped[int] = mapped_column(server_default=text("1"), sort_order=91)
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), sort_order=92)


NOT_READ_BACK = {"eager_defaults": False}
"""`__mapper_args__` of tables that some may write and not read: an INSERT asks for nothing in return."""

Bytes = BigInteger
"""The column type of sizes in bytes."""


def one_of(column: str, words: Iterable[str]) -> CheckConstraint:
    """The column holds one of the words (or NULL, where it is nullable)."""
    return CheckConstraint(f"{column} IN ({quoted(words)})", name=column)


def all_of(column: str, words: Iterable[str]) -> CheckConstraint:
    """Every element of the array column is one of the words."""
    return CheckConstraint(f"{column} <@ ARRAY[{quoted(words)}]::varchar[]", name=column)


def json_is(column: str, kind: str) -> CheckConstraint:
    """The JSONB column's outermost value is an `object` or an `array`."""
    return CheckConstraint(f"jsonb_typeof({column}) = '{kind}'", name=column)


def at_least(column: str, least: int) -> CheckConstraint:
    """The number column is not below `least` (or NULL, where it is nullable)."""
    return CheckConstraint(f"{column} >= {least}", name=column)


def quoted(words: Iterable[str]) -> str:
    """The words as SQL lists them."""
    return ", ".join(f"'{word}'" for word in words)
