"""A sealed text opens in the row, the column and the workspace that it was sealed for, and nowhere else."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest

from lamplighter.clients import keys
from lamplighter.ids import new_id
from lamplighter.postgres.base import Base
from lamplighter.postgres.session import transaction
from lamplighter.services import sealing
from lamplighter.services.sealing import PLACES, Keyring, Unsealable
from tests.integration.sealing.conftest import Vault

unwrap = keys.unwrap
PURPOSES = [sealing.purpose_of(table, column) for table, columns in PLACES.items() for column in columns]


def keyring(vault: Vault) -> Keyring:
    with transaction(vault.id) as tx:
        return sealing.keyring(tx, vault.id)


def places(ours: Vault, theirs: Vault) -> Iterator[tuple[Vault, UUID, str]]:
    """Every combination of two workspaces, two rows and all columns."""
    rows = (new_id(), new_id())
    for vault in (ours, theirs):
        for row in rows:
            for purpose in PURPOSES:
                yield vault, row, purpose


def test_of_all_places_a_text_opens_in_its_own_alone(vault: Vault, new_vault: Callable[[], Vault]):
    rings = {vault.id: keyring(vault), (other := new_vault()).id: keyring(other)}
    all_places = list(places(vault, other))
    opened = []
    for here in all_places:
        sealed = rings[here[0].id].seal(here[2], here[1], "the secret")
        for there in all_places:
            try:
                assert rings[there[0].id].unseal(there[2], there[1], sealed) == "the secret"
                opened.append((here, there))
            except Unsealable:
                pass
    assert opened == [(place, place) for place in all_places]
    assert len(all_places) == 20


def test_a_key_moved_to_another_workspace_does_not_open_there(vault: Vault, new_vault: Callable[[], Vault]):
    row_id, other, ours = new_id(), new_vault(), keyring(vault)
    sealed = ours.seal(PURPOSES[0], row_id, "the secret")
    moved = Keyring(other.id, ours.wrapped)
    with pytest.raises(keys.WrongKey):
        moved.ready()
    with pytest.raises(Unsealable):
        moved.unseal(PURPOSES[0], row_id, sealed)


def test_even_with_the_same_data_key_another_workspace_opens_nothing(
    vault: Vault, new_vault: Callable[[], Vault], monkeypatch: pytest.MonkeyPatch
):
    row_id, other, ours = new_id(), new_vault(), keyring(vault)
    sealed = ours.seal(PURPOSES[0], row_id, "the secret")
    monkeypatch.setattr(keys, "unwrap", lambda wrapped, _workspace: unwrap(wrapped, vault.id))
    with pytest.raises(Unsealable):
        Keyring(other.id, ours.wrapped).unseal(PURPOSES[0], row_id, sealed)
    assert Keyring(vault.id, ours.wrapped).unseal(PURPOSES[0], row_id, sealed) == "the secret"


def test_tokens_swapped_between_two_rows_open_in_neither(vault: Vault):
    one, two = vault.connect("one", "access of one"), vault.connect("two", "access of two")
    stored = vault.rows()
    vault.write(one, access_token=stored[two][0])
    vault.write(two, access_token=stored[one][0])
    ring = keyring(vault)
    for row_id in (one, two):
        with pytest.raises(Unsealable):
            ring.unseal("platform_connections.access_token", row_id, str(vault.rows()[row_id][0]))


def test_a_text_that_names_another_key_does_not_open(vault: Vault):
    row_id = new_id()
    ring = Keyring(vault.id, {**keyring(vault).wrapped, 2: keys.new_data_key(vault.id)})
    sealed = ring.seal(PURPOSES[0], row_id, "the secret")
    assert sealed.startswith("lmp1.2.")
    for version in (1, 3):
        with pytest.raises(Unsealable):
            ring.unseal(PURPOSES[0], row_id, sealed.replace(".2.", f".{version}.", 1))


def test_no_bit_of_a_sealed_token_can_be_changed(vault: Vault):
    row_id, ring = new_id(), keyring(vault)
    sealed = ring.seal(PURPOSES[0], row_id, "the secret").encode()
    for position in range(len(sealed)):
        for bit in range(8):
            changed = bytearray(sealed)
            changed[position] ^= 1 << bit
            with pytest.raises(Unsealable):
                ring.unseal(PURPOSES[0], row_id, changed.decode("latin-1"))


def test_nothing_is_sealed_for_a_column_that_rotation_does_not_know(vault: Vault):
    with pytest.raises(ValueError, match="PLACES"):
        keyring(vault).seal("media.object_key", new_id(), "the secret")


def test_rotation_knows_every_column_that_is_named_like_a_secret():
    named = {
        (table.name, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith(("token", "secret"))
    }
    known = {(table, column) for table, columns in PLACES.items() for column in columns}
    assert named - {("accounts", "token")} == known


def test_a_wrapped_key_that_was_changed_opens_nothing(vault: Vault):
    wrapped = bytearray(keyring(vault).wrapped[1])
    wrapped[-1] ^= 1
    sealed = keyring(vault).seal(PURPOSES[0], row_id := new_id(), "the secret")
    with pytest.raises(Unsealable):
        Keyring(vault.id, {1: bytes(wrapped)}).unseal(PURPOSES[0], row_id, sealed)
