"""Tokens of that many accounts on the sandbox network, as JSON; the environment says where its key is."""

import json
import sys

from lamplighter.platforms.sandbox import token_for

if __name__ == "__main__":
    print(json.dumps([token_for(f"fuzz{number:028}") for number in range(int(sys.argv[1]))]))
