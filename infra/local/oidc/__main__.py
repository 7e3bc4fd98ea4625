"""`make oidc-provider`: installs a real OpenID Connect provider, which the tests then sign in through."""

import sys

from infra.local import oidc
from infra.local.children import ROOT
from infra.local.node import NoServerError

HOME = ROOT / ".local" / "oidc"


def main() -> int:
    """Install it, start it once, and say how the tests use it."""
    try:
        with oidc.running(HOME, print) as provider:
            print(f"An OpenID Connect provider ran at {provider['issuer']} and is installed in {HOME}.")
            print("The tests use it: make test ARGS='-k oidc'")
    except NoServerError as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
