"""`make webhook-libraries`: installs what receivers in JavaScript verify with, which the tests then run."""

import sys

from infra.local.node import NoServerError
from infra.local.receivers import HOME, LIBRARIES


def main() -> int:
    """Install them, and say how the tests use them."""
    try:
        LIBRARIES.installed(HOME, print)
    except NoServerError as error:
        print(error)
        return 1
    print(f"Installed in {HOME}. The tests use them: make test ARGS='-k verification'")
    return 0


if __name__ == "__main__":
    sys.exit(main())
