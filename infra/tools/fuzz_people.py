"""People and things to be used up in a run: made straight in the database, for each call that ends one."""

import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import jwt
import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lamplighter.domain.mails import token_hash
from lamplighter.ids import new_id

PASSWORD = "a lamp in every harbour"  # noqa: S105  # of people who live for a minute
_KID = "fuzz"
_HOURS_S = 4 * 60 * 60
"""Tokens of the product's own last ten minutes; a run must not depend on how long it takes."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is logged in."""

    id: UUID
    email: str
    session_id: UUID
    token: str


class People:
    """Makes them, over a connection of the database's superuser; each statement commits by itself."""

    def __init__(self, url: str, seed: str, password_hash: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True)
        self._key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode()).digest())
        self._password_hash = password_hash

    def close(self) -> None:
        """End the connection."""
        self.connection.close()

    def publish(self) -> None:
        """Have the stack take the tokens that are signed here."""
        public = self._key.public_key().public_bytes_raw()
        self._do("INSERT INTO token_keys (kid, public_key) VALUES (%s, %s)", _KID, public)

    def person(self, **places: tuple[UUID, str]) -> Person:
        """Somebody new; `organization` and `workspace` say where they belong, and as what."""
        id_ = new_id()
        email = f"{id_.hex}@example.com"
        columns = "(id, email, email_verified, name, password_hash) VALUES (%s, %s, true, 'Ada', %s)"
        self._do(f"INSERT INTO users {columns}", id_, email, self._password_hash)
        for scope, (place, role) in places.items():
            self.join(scope, place, id_, role)
        session_id = self.session(id_)
        return Person(id_, email, session_id, self.token(id_, session_id))

    def join(self, scope: str, place: UUID, user_id: UUID, role: str) -> None:
        """Make a person a member of an organization or a workspace (`scope`)."""
        columns = f"(id, {scope}_id, user_id, role, joined_at) VALUES (%s, %s, %s, %s, clock_timestamp())"
        self._do(f"INSERT INTO {scope}_members {columns}", new_id(), place, user_id, role)

    def session(self, user_id: UUID) -> UUID:
        """Another device of a person's."""
        id_ = new_id()
        columns = "(id, user_id, last_used_at, expires_at) VALUES (%s, %s, now(), now() + interval '1 day')"
        self._do(f"INSERT INTO sessions {columns}", id_, user_id)
        return id_

    def token(self, user_id: UUID, session_id: UUID) -> str:
        """An access token as auth signs them, but for its time."""
        began = int(time.time())
        who = {"iss": "lamplighter", "aud": "lamplighter-api", "sub": str(user_id), "sid": str(session_id)}
        claims = {**who, "iat": began, "exp": began + _HOURS_S}
        return jwt.encode(claims, self._key, algorithm="EdDSA", headers={"kid": _KID, "typ": "at+jwt"})

    def refresh_token(self) -> str:
        """Of a session of somebody new."""
        person, token = self.person(), _random("lmr_")
        digest = hashlib.sha256(token.encode()).hexdigest()
        columns = (
            "(id, user_id, session_id, token_hash, expires_at)"
            " VALUES (%s, %s, %s, %s, now() + interval '1 day')"
        )
        self._do(f"INSERT INTO refresh_tokens {columns}", new_id(), person.id, person.session_id, digest)
        return token

    def mail_token(self, purpose: str, user_id: UUID, email: str) -> str:
        """What the link in a mail to this address holds."""
        token = _random()
        columns = (
            "(id, user_id, email, purpose, token_hash, expires_at)"
            " VALUES (%s, %s, %s, %s, %s, now() + interval '1 day')"
        )
        self._do(f"INSERT INTO mail_tokens {columns}", new_id(), user_id, email, purpose, token_hash(token))
        return token

    def invitation(
        self, organization_id: UUID, workspace_id: UUID | None = None, email: str = ""
    ) -> tuple[UUID, str]:
        """(id, token) of an open one, two days old: its mail may go out again."""
        id_, token = new_id(), _random()
        role = "member" if workspace_id is None else "editor"
        email = email or f"{id_.hex}@example.com"
        columns = (
            "(id, organization_id, workspace_id, email, role, token_hash, created_at, updated_at, expires_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, now() - interval '2 days', now() - interval '2 days',"
            " now() + interval '5 days')"
        )
        values = (id_, organization_id, workspace_id, email, role, token_hash(token))
        self._do(f"INSERT INTO invitations {columns}", *values)
        return id_, token

    def organization(self, owner_id: UUID) -> tuple[UUID, str]:
        """(id, slug) of a new one, which is served as fast as it asks."""
        id_ = new_id()
        slug = f"o-{id_.hex}"
        columns = "(id, name, slug, owner_id, plan_id) VALUES (%s, 'Organization', %s, %s, 'unlimited')"
        self._do(f"INSERT INTO organizations {columns}", id_, slug, owner_id)
        self.join("organization", id_, owner_id, "owner")
        return id_, slug

    def workspace(self, organization_id: UUID) -> tuple[UUID, str]:
        """(id, slug) of a new one."""
        id_ = new_id()
        slug = f"w-{id_.hex}"
        columns = "(id, organization_id, name, slug) VALUES (%s, %s, 'Workspace', %s)"
        self._do(f"INSERT INTO workspaces {columns}", id_, organization_id, slug)
        return id_, slug

    def api_key(self, workspace_id: UUID) -> UUID:
        """A key that nobody knows, to be changed, replaced and revoked."""
        id_ = new_id()
        columns = (
            "(id, workspace_id, name, key_hash, pepper_version, key_prefix, permissions)"
            " VALUES (%s, %s, 'Key', %s, 1, 'lmp_live_abcd', '{content:read}')"
        )
        self._do(f"INSERT INTO api_keys {columns}", id_, workspace_id, id_.hex)
        return id_

    def ask_for_approval(self, publication_id: UUID, status: str | None) -> None:
        """An approval of the publication stands so, and what was cancelled of it is still to be sent."""
        self._do("UPDATE publications SET approval_status = %s WHERE id = %s", status, publication_id)
        self._do(
            "UPDATE publication_platforms SET status = 'pending'"
            " WHERE publication_id = %s AND status = 'cancelled'",
            publication_id,
        )

    def ask_by_links(self) -> None:
        """Whatever an approval link leads to waits for a decision."""
        self._do(
            "UPDATE publications SET approval_status = 'pending'"
            " WHERE id IN (SELECT publication_id FROM approval_links)"
        )

    def approval_link(self, workspace_id: UUID, publication_id: UUID) -> UUID:
        """A link that nobody knows, to be revoked."""
        id_ = new_id()
        columns = (
            "(id, workspace_id, publication_id, token_hash, expires_at)"
            " VALUES (%s, %s, %s, %s, now() + interval '1 day')"
        )
        self._do(f"INSERT INTO approval_links {columns}", id_, workspace_id, publication_id, id_.hex)
        return id_

    def publication(self, workspace_id: UUID) -> UUID:
        """One of the workspace's that there are."""
        query = "SELECT id FROM publications WHERE workspace_id = %s AND mode = 'live' LIMIT 1"
        [(found,)] = self.connection.execute(query, [workspace_id]).fetchall()
        return UUID(str(found))

    def recurring_post(self, workspace_id: UUID) -> UUID:
        """One of every day, like the one that there is."""
        id_ = new_id()
        like = "FROM recurring_posts WHERE workspace_id = %s AND mode = 'live' ORDER BY id LIMIT 1"
        config = """'{"timezone": "UTC", "times": ["09:00"], "starts_at": "2026-01-01T00:00"}'"""
        self._do(
            "INSERT INTO recurring_posts (id, workspace_id, name, schedule_type, schedule_config,"
            f" content_type, platforms, next_run_at) SELECT %s, workspace_id, 'Lamp', 'daily', {config},"
            f" 'rotation', '{{sandbox}}', now() {like}",
            id_,
            workspace_id,
        )
        for table, columns in (("contents", "content_id, position"), ("connections", "connection_id")):
            self._do(
                f"INSERT INTO recurring_post_{table} (workspace_id, recurring_post_id, {columns})"
                f" SELECT workspace_id, %s, {columns} FROM recurring_post_{table}"
                f" WHERE recurring_post_id = (SELECT id {like})",
                id_,
                workspace_id,
            )
        return id_

    def post(self, workspace_id: UUID, status: str, attempt: str | None) -> tuple[UUID, UUID]:
        """(publication, its part on one account) in this state, with one attempt that ended so, if any."""
        publication_id, platform_id = new_id(), new_id()
        self._do(
            "INSERT INTO publications (id, workspace_id, content_id, scheduled_at)"
            " SELECT %s, workspace_id, id, now() + interval '1 day' FROM content"
            " WHERE workspace_id = %s AND status <> 'archived' AND original_text <> '' ORDER BY id LIMIT 1",
            publication_id,
            workspace_id,
        )
        self._do(
            "INSERT INTO publication_platforms (id, workspace_id, publication_id, connection_id, platform,"
            " status) SELECT %s, workspace_id, %s, id, platform, %s FROM platform_connections"
            " WHERE workspace_id = %s AND status = 'active' AND platform = 'sandbox' ORDER BY id LIMIT 1",
            platform_id,
            publication_id,
            status,
            workspace_id,
        )
        if attempt is not None:
            self._do(
                "INSERT INTO publication_attempts (id, workspace_id, publication_platform_id, number, fence,"
                " status, remote_id) VALUES (%s, %s, %s, 1, 1, %s, %s)",
                new_id(),
                workspace_id,
                platform_id,
                attempt,
                platform_id.hex,
            )
        return publication_id, platform_id

    def end_exports(self, owner: str, owner_id: UUID) -> None:
        """None is being written for a `user` or a `workspace`, and none was asked for today."""
        self._do(
            "UPDATE exports SET status = 'failed', error = 'Given up.', finished_at = now()"
            f" WHERE {owner}_id = %s AND status IN ('pending', 'running')",
            owner_id,
        )
        self._do(
            f"UPDATE exports SET created_at = created_at - interval '2 days' WHERE {owner}_id = %s", owner_id
        )

    def password_hash_of(self, user_id: UUID) -> str:
        """As the product made it."""
        query = "SELECT password_hash FROM users WHERE id = %s"
        [(found,)] = self.connection.execute(query, [user_id]).fetchall()
        return str(found)

    def forget_rates(self) -> None:
        """Nobody has asked for anything: how often one may is tested elsewhere, and answers 429 here."""
        self._do("DELETE FROM rate_limits")

    def forget_invitations(self, organization_id: UUID) -> None:
        """None was sent today: an organization may send so many a day."""
        self._do(
            "UPDATE invitations SET created_at = created_at - interval '2 days'"
            " WHERE organization_id = %s AND created_at > now() - interval '1 day'",
            organization_id,
        )

    def _do(self, statement: str, *values: Any) -> None:
        self.connection.execute(statement, values)


def _random(prefix: str = "") -> str:
    return prefix + secrets.token_urlsafe(32)
