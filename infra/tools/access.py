"""docs/access.md's tables of who may do what, out of domain.roles; `--check` fails where they differ."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from lamplighter.domain.roles import ACTIONS, Scope
from lamplighter.domain.vocabulary import ORGANIZATION_ROLES, WORKSPACE_ROLES

PAGE = Path(__file__).parents[2] / "docs" / "access.md"
_ROLES: dict[Scope, Sequence[str]] = {"organization": ORGANIZATION_ROLES, "workspace": WORKSPACE_ROLES}


def main() -> int:
    """0 when the page says what the table says, or was made to."""
    parser = argparse.ArgumentParser(prog="python -m infra.tools.access", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    wanted = updated(page := PAGE.read_text())
    if wanted == page:
        return 0
    if check:
        print("docs/access.md is out of date: make access", file=sys.stderr)
        return 1
    PAGE.write_text(wanted)
    return 0


def updated(page: str) -> str:
    """The page with its generated parts as they should be; everything else stays."""
    for scope in _ROLES:
        begin, end = f"<!-- {scope}: make access -->", f"<!-- {scope} ends -->"
        if begin not in page or end not in page:
            message = f"docs/access.md lacks {begin} ... {end}"
            raise ValueError(message)
        head, rest = page.split(begin)
        page = "\n".join((f"{head}{begin}", *table(scope), f"{end}{rest.split(end)[1]}"))
    return page


def table(scope: Scope) -> Iterator[str]:
    """A row an action, a column a role, and what opens it to a program."""
    words = _ROLES[scope]
    yield f"| action | {' | '.join(words)} | API key with | what it is |"
    yield "|---" * (len(words) + 3) + "|"
    for action in ACTIONS:
        if action.scope == scope:
            marks = " | ".join("yes" if role in action.roles else "" for role in words)
            key = "" if action.key is None else f"`{action.key}`"
            yield f"| `{action.name}` | {marks} | {key} | {action.words} |"


if __name__ == "__main__":
    sys.exit(main())
