"""The people whom the event files name, and the access token that they call with.

Its key is made of a text that stands here, so its public half must never come into a database that matters.
"""

import hashlib
from datetime import UTC, datetime, timedelta

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from infra.tools.event_rows import ORGANIZATION, row_id
from lamplighter.postgres.models import OrganizationMember, User, UserSession
from lamplighter.postgres.session import transaction

PERSON, OTHER_PERSON, SESSION = map(row_id, range(80, 83))
"""The owner of the organization, a plain member of it, and what the owner is logged in with."""
ENDS = datetime(2099, 1, 1, tzinfo=UTC)
_KID = "event-files"
_KEY = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"EventFilesUseThisKeyAndNoOther").digest())


def token() -> str:
    """What stands in the event files."""
    claims = {"iss": "lamplighter", "aud": "lamplighter-api", "sub": str(PERSON), "sid": str(SESSION)}
    times = {"iat": 1787227200, "exp": int(ENDS.timestamp())}
    return jwt.encode({**claims, **times}, _KEY, algorithm="EdDSA", headers={"kid": _KID, "typ": "at+jwt"})


def insert() -> None:
    """Write the people into the database that the settings name, as the login of accounts, once
    `event_rows.insert` has made their organization."""
    for id_, role in ((PERSON, "owner"), (OTHER_PERSON, "member")):
        with transaction(user_id=id_, organization_id=ORGANIZATION) as tx:
            email = f"{role}@event-files.example"
            tx.session.add(User(id=id_, email=email, email_verified=True, name=role.title()))
            tx.session.flush()
            place = {"organization_id": ORGANIZATION, "user_id": id_}
            tx.session.add(OrganizationMember(**place, role=role, joined_at=tx.now))
    with transaction(user_id=PERSON) as tx:
        begun = {"created_at": tx.now, "expires_at": tx.now + timedelta(days=30)}
        tx.session.add(UserSession(id=SESSION, user_id=PERSON, **begun))
        key = {"kid": _KID, "public_key": _KEY.public_key().public_bytes_raw()}
        statement = (
            "INSERT INTO token_keys (kid, public_key) VALUES (:kid, :public_key) ON CONFLICT DO NOTHING"
        )
        tx.session.execute(text(statement), key)


if __name__ == "__main__":
    print(token())
