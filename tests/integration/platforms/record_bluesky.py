"""Records the Bluesky scenarios anew; its argument is the account.json of a PDS started for it."""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from urllib.request import urlopen

from lamplighter.settings import settings
from tests.integration.platforms.bluesky_scenarios import SCENARIOS, Stage
from tests.integration.platforms.recording import Recorder


def main() -> None:
    real = Stage.from_file(Path(sys.argv[1]))
    with urlopen(f"{real.url}/xrpc/_health") as health:  # noqa: S310  # the address of a server on this machine
        version = json.load(health)["version"]
    shown = {
        "identifier": real.identifier,
        "did": real.did,
        "friend": real.friend,
        "friend_did": real.friend_did,
    }
    for name, scenario in SCENARIOS.items():
        recorder = Recorder(real.url, (real.app_password,))
        with recorder.peer.running() as peer:
            os.environ["EGRESS_ALLOW"] = peer.url.removeprefix("http://")
            settings.cache_clear()
            scenario(replace(real, url=peer.url))
        recorder.save(f"bluesky_{name}", {"server": f"@atproto/pds {version}", "stage": shown})
        sys.stdout.write(f"{name}: {len(recorder.exchanges)} exchanges\n")


if __name__ == "__main__":
    main()
