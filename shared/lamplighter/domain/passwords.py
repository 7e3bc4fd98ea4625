"""What a password must be: long, and none of those that are tried first (NIST SP 800-63B-4, 3.1.1.2)."""

import re
import unicodedata
from collections.abc import Iterator

from lamplighter.problems import Fault

MIN_LENGTH = 12
MAX_LENGTH = 128

_COMMON = frozenset(
    """
    1q2w3e4r5t6y 1q2w3e4r5t6y7u 1qaz2wsx3edc 1qaz2wsx3edc4rfv zaq12wsxcde3 zaq1xsw2cde3 qazwsxedcrfv
    qazwsxedcrfvtgb qweasdzxc123 123qweasdzxc 123qwe123qwe qwe123qwe123 q1w2e3r4t5y6 a1b2c3d4e5f6 a1s2d3f4g5h6
    abcd1234abcd abc123abc123 1234qwerasdf 1234qwerasdfzxcv qwer1234asdf qwerasdfzxcv asdfghjkl123
    123456qwerty 123456789qwerty 123456abcdef 123456789abc 12345qwertasdfg 1234567890qwerty qwerty123456789
    0987654321qwerty 147258369147 147258369000 159357159357 741852963000 789456123000 789456123789
    789456123456 112233445566 11223344556677 102030405060 010203040506 101010101010 123123123123 121212121212
    131313131313 000000000000 111111111111 987654321987 1234554321 123454321234
    correcthorsebatterystaple thisisapassword thisismypassword mypasswordis nopasswordneeded passwordpassword
    letmeinletmein trustno1trustno1 iloveyouiloveyou iloveyouforever iloveyousomuch iloveyoubaby ihateyou1234
    passw0rdpassw0rd p@ssw0rdp@ssw0rd changemechangeme adminadminadmin testtesttest opensesame123
    """.split()  # noqa: SIM905  # a list of a hundred strings reads worse
)
_STEMS = frozenset(
    """
    abc abcd abcdef admin administrator asdf asdfgh asdfghjkl babygirl baseball basketball batman butterfly
    changeit changeme charlie chocolate contraseña computer default demo dragon facebook football friends
    google guest hello helloworld hunter iloveyou internet jesus lamplighter letmein liverpool login
    manchester master michael monkey motdepasse mustang mypassword naruto newpassword nopassword p@ssword
    p@ssw0rd pa55word pa55w0rd pass passw0rd password passwort pokemon princess qazwsx qwer qwert qwerty
    qwertyuiop root samsung secret secure security shadow spiderman starwars sunshine superman superuser
    temp temporary test tester testing trustno unbelievable unknown user username welcome whatever winter
    spring summer autumn zxcvbn zxcvbnm
    """.split()  # noqa: SIM905
)
"""Words that with digits or signs around them are tried first as well."""
_ROWS = ("0123456789" * 13, "abcdefghijklmnopqrstuvwxyz" * 5, "qwertyuiopasdfghjklzxcvbnm" * 5)
_UNIT = re.compile(r"(.{1,4}?)\1+", re.DOTALL)
_EDGES = re.compile(r"^[\W\d_]+|[\W\d_]+$")


def normalised(password: str) -> str:
    """The one spelling of what was typed: keyboards compose accents differently."""
    return unicodedata.normalize("NFC", password)


def faults(password: str, email: str, pointer: str = "/password") -> Iterator[Fault]:
    """What is wrong with a new password (normalised) for this address; nothing if it may stand. No rule asks
    for digits or signs: these make passwords worse, not better."""
    if len(password) < MIN_LENGTH:
        yield Fault(pointer, "password_too_short", f"A password has at least {MIN_LENGTH} characters.")
    elif len(password) > MAX_LENGTH:
        yield Fault(pointer, "password_too_long", f"A password has {MAX_LENGTH} characters at most.")
    elif _is_of_address(password.casefold(), email):
        yield Fault(pointer, "password_is_email", "A password must not be made of the e-mail address.")
    elif _is_common(password.casefold()):
        yield Fault(pointer, "password_too_common", "This password is among the first that are tried.")


def _is_of_address(password: str, email: str) -> bool:
    local = email.partition("@")[0]
    given = {email, local, _stem(local)}
    return password in given or (_stem(password) or password) in given


def _is_common(password: str) -> bool:
    if password in _COMMON or _stem(password) in _STEMS:
        return True
    repeated = _UNIT.fullmatch(password) is not None
    return repeated or any(password in row or password[::-1] in row for row in _ROWS)


def _stem(word: str) -> str:
    """Without the digits and signs at its ends."""
    return _EDGES.sub("", word)
