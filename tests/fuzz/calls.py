"""One request that is about to be made, and what may be changed in it."""

import random
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from uuid import UUID

import urllib3

from infra.tools.fuzz_people import People, Person

MOSTLY = 0.8
ZONES = ("UTC", "Europe/Vienna", "America/Argentina/Buenos_Aires")


@dataclass(frozen=True, slots=True)
class Scene:
    """Where the run takes place: its organization and workspace, and the person who owns both."""

    organization_id: UUID
    workspace_id: UUID
    owner_id: UUID
    people: People
    dice: random.Random
    seen: set[Any] = field(default_factory=set)


class Call:
    """One request that is about to be made."""

    def __init__(self, case: Any, scene: Scene) -> None:
        self.case, self.scene, self.people = case, scene, scene.people
        meta = case.meta
        positive = meta is None or meta.generation.mode.is_positive
        kind = None if meta is None else (case.operation.label, meta.phase.name)
        self.is_first = positive and kind not in scene.seen
        """Of its operation and phase: a phase may have no other."""
        self.fits = positive and (self.is_first or scene.dice.random() < MOSTLY)
        """Whether it is to be accepted, and gets what only a mail or a read could have told."""
        if positive:
            scene.seen.add(kind)

    def lead(self, name: str, id_: UUID) -> None:
        """Another id in the path, where there is one."""
        given = (self.case.path_parameters or {}).get(name)
        if isinstance(given, str) and is_id(given):
            self.case.path_parameters[name] = str(id_)

    def by(self, person: Person) -> Person:
        """Somebody else calls."""
        if self.is_named:
            self.case.headers["Authorization"] = f"Bearer {person.token}"
        return person

    @property
    def is_named(self) -> bool:
        """Whether the request says who calls."""
        return "Authorization" in (self.case.headers or {})

    def read(self, path: str, name: str) -> dict[str, Any]:
        """The field of this name, as the caller of the case is shown it there, if at all."""
        base = str(self.case.operation.schema.get_base_url()).rstrip("/")
        headers = {"Authorization": (self.case.headers or {}).get("Authorization", "")}
        answer = urllib3.request("GET", base + path, headers=headers)
        return {name: answer.json()[name]} if answer.status == HTTPStatus.OK else {}

    def fill(self, **fields: object) -> None:
        """Fields of the body, as far as it has them."""
        body = self.case.body
        if self.fits and isinstance(body, dict):
            self.case.body = {**body, **{name: value for name, value in fields.items() if name in body}}

    def zone(self) -> None:
        """A time zone that there is."""
        self.fill(timezone=self.scene.dice.choice(ZONES))

    def lengthen(self, name: str) -> None:
        """A new password, so long that it is none of those that are tried first."""
        body = self.case.body
        if self.fits and isinstance(body, dict) and isinstance(body.get(name), str):
            self.case.body = {**body, name: f"{body[name][:90]} kelp, orchards"}

    def confirm(self, text: str) -> None:
        """The word that confirms a deletion."""
        if self.fits and "confirm" in (self.case.query or {}):
            self.case.query["confirm"] = text


def is_id(given: str) -> bool:
    """Whether it is spelled as one."""
    try:
        UUID(given)
    except ValueError:
        return False
    return True
