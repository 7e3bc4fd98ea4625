"""Property tests of the served API: Schemathesis against a stack of its own, with a workspace's live key
and its owner's access token.

`python -m infra.tools.fuzz --seed N` repeats a run; whatever follows goes to `schemathesis run` as it stands.
"""

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Template
from urllib.parse import urlsplit
from uuid import UUID

import urllib3

from infra.local import ports
from infra.local.demo_client import Client, Json
from infra.local.demo_picture import lamp_png
from infra.local.intrinsics import REGION
from infra.local.stack import Stack
from infra.tools.fuzz_people import PASSWORD, People
from infra.tools.fuzz_provider import provider
from lamplighter.ids import new_id

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = ROOT / "tests/fuzz/schemathesis.toml"
REPORTS = ROOT / ".local/fuzz"
EXAMPLES = 20
"""Cases of each operation and phase."""
SCENARIOS = 4
"""For each of them as many chains of calls."""
ROUNDS = 3
"""Of chains: where a call is answered otherwise when it comes again (its slug is taken by then), Hypothesis
ends the whole round."""
SOME = 40
"""Of each resource: what is cancelled or disconnected once is of no use again."""
FEW = 5
"""Of what is only read: calls that end one are led to another (tests/fuzz/swaps.py)."""
OIDC_SECRET = "fuzz-oidc"  # noqa: S105  # its name
SECONDS = 900
"""A run that takes longer is ended: something hangs."""


def access(stack: Stack) -> dict[str, str]:
    """What the configuration's variables stand for: a fresh workspace, its live key, the person who owns it,
    two sandbox accounts."""
    environ = {**os.environ, **stack.settings, "AWS_DEFAULT_REGION": REGION, "PYTHONPATH": "shared:."}
    workspace = json.loads(printed("infra.local.first_workspace", "fuzz", environ))
    tokens = json.loads(printed("infra.tools.fuzz_tokens", "2", environ))
    place = {name: UUID(workspace[name]) for name in ("organization_id", "workspace_id")}
    return {
        "FUZZ_ORGANIZATION": workspace["organization_id"],
        "FUZZ_WORKSPACE": workspace["workspace_id"],
        "FUZZ_KEY": workspace["key"],
        "FUZZ_SANDBOX_TOKEN": tokens[0],
        "FUZZ_FAULTY_TOKEN": tokens[1],
        **sandbox_ids(stack, tokens[0]),
        **peopled(stack, **place),
        **filled(client := Client(stack.url, workspace["workspace_id"], workspace["key"])),
        **told(client, f"{stack.url}/nowhere"),
    }


def peopled(stack: Stack, organization_id: UUID, workspace_id: UUID) -> dict[str, str]:
    """The owner, who signs up as everybody does, and some of all that people have."""
    assert stack.postgres is not None  # noqa: S101  # embedded
    made = {"url": stack.postgres.url, "seed": secrets.token_hex(32), "password_hash": ""}
    owner_id = new_id()
    with closing(People(**made)) as people:
        people.publish()
        proof = {"token": people.mail_token("sign_up", owner_id, "owner@example.com"), "name": "Ada"}
        answer = urllib3.request(
            "POST", f"{stack.url}/v1/auth/verify-email", json={**proof, "password": PASSWORD}
        )
        made["password_hash"] = people.password_hash_of(UUID(answer.json()["user"]["id"]))
    place = {"organization": (organization_id, "member"), "workspace": (workspace_id, "editor")}
    with closing(People(**made)) as people:
        people.join("organization", organization_id, owner_id, "owner")
        token = people.token(owner_id, people.session(owner_id))
        ask = {"Authorization": f"Bearer {token}"}
        urls = {"EXPORTS": f"{stack.url}/v1/workspaces/{workspace_id}/exports"}
        urls["MY_EXPORTS"] = f"{stack.url}/v1/users/me/exports"
        found = {name: [urllib3.request("POST", url, headers=ask).json()["id"]] for name, url in urls.items()}
        found["MEMBERS"] = [people.person(**place).id for _ in range(FEW)]
        found["API_KEYS"] = [people.api_key(workspace_id) for _ in range(FEW)]
        found["SESSIONS"] = [people.session(owner_id) for _ in range(FEW)]
        found["INVITATIONS"] = [people.invitation(organization_id)[0] for _ in range(FEW)]
        found["OFFERS"] = [people.invitation(organization_id, workspace_id)[0] for _ in range(FEW)]
    lists = {f"FUZZ_{name}": json.dumps(ids, default=str) for name, ids in found.items()}
    return {"FUZZ_PEOPLE": json.dumps(made), "FUZZ_OWNER": str(owner_id), "FUZZ_TOKEN": token, **lists}


def printed(module: str, argument: str, environ: Mapping[str, str]) -> str:
    """What a module prints that runs as a function of the stack would."""
    command = [sys.executable, "-m", module, argument]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, check=True, text=True).stdout


def filled(client: Client) -> dict[str, str]:
    """Some of each, so that lists have items and ids lead somewhere; their ids, as TOML lists."""

    def made(path: str, body: Json) -> list[str]:
        return [str(client.post(path, body)["id"]) for _ in range(SOME)]

    connections = made("/connections", {"platform": "sandbox", "credentials": {"handle": "ada"}})
    media = [client.upload("lamp.png", lamp_png()) for _ in range(3)]
    contents = made("/content", {"text": "The lamps are lit.", "media": [{"media_id": media[0]}]})
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    body = {"content_id": contents[0], "connection_ids": connections[:1], "scheduled_at": tomorrow}
    found = {"contents": contents, "connections": connections, "media": media}
    found["publications"] = made("/publications", {**body, "force": True})  # all alike
    rule = {
        "name": "Lamp",
        "schedule_type": "daily",
        "schedule_config": {"timezone": "UTC", "times": ["09:00"]},
    }
    rule |= {"content_ids": contents[:1], "connection_ids": connections[:1]}
    found["recurring_posts"] = made("/recurring-posts", rule)
    coming = client.get(f"/recurring-posts/{found['recurring_posts'][0]}/occurrences?limit={SOME}")["items"]
    found["occurrences"] = [each["key"] for each in coming]
    lists = {f"FUZZ_{name.upper()}": json.dumps(ids) for name, ids in found.items()}
    return {**lists, "FUZZ_APPROVAL_LINK": approval_link(client, contents[1], connections[1])}


def told(client: Client, url: str) -> dict[str, str]:
    """Endpoints on this machine, and a delivery to one that nobody ends."""
    made = [client.post("/webhooks", {"url": url, "events": ["content.*"]})["id"] for _ in range(SOME + 1)]
    delivery = client.post(f"/webhooks/{made[-1]}/test", {})
    return {
        "FUZZ_HOOK": url,
        "FUZZ_WEBHOOKS": json.dumps(made[:-1]),
        "FUZZ_DELIVERY": f"{made[-1]} {delivery['id']}",
    }


def approval_link(client: Client, content_id: str, connection_id: str) -> str:
    """The token of a link to a publication that somebody is asked to approve."""
    in_a_year = (datetime.now(UTC) + timedelta(days=365)).isoformat()
    body = {"content_id": content_id, "connection_ids": [connection_id], "scheduled_at": in_a_year}
    asked = client.post("/publications", {**body, "needs_approval": True})
    path = f"/publications/{asked['id']}/approval-links"
    return str(client.post(path, {"expires_in_hours": 720})["token"])


def sandbox_ids(stack: Stack, token: str) -> dict[str, str]:
    """The ids of an image and of a post on the sandbox network."""
    api, headers = f"{stack.url}/sandbox/api", {"Authorization": f"Bearer {token}"}
    image = {**headers, "Content-Type": "image/png"}
    media = urllib3.request("POST", f"{api}/media", body=lamp_png(), headers=image)
    post = urllib3.request("POST", f"{api}/posts", json={"handle": "ada", "text": "Lit"}, headers=headers)
    return {"FUZZ_SANDBOX_MEDIA": media.json()["id"], "FUZZ_SANDBOX_POST": post.json()["id"]}


def asked(stack: Stack, seed: int, examples: int, more: list[str]) -> int:
    """Run Schemathesis; its exit code."""
    bounds = {"FUZZ_REPORTS": str(REPORTS), "FUZZ_SCENARIOS": str(SCENARIOS * examples)}
    given = {**access(stack), **bounds}
    configuration = stack.directory / "schemathesis.toml"
    configuration.write_text(Template(CONFIGURATION.read_text()).substitute(given))
    example = {name: json.loads(given[f"{name}S"])[0] for name in ("FUZZ_CONTENT", "FUZZ_CONNECTION")}
    names = (
        "FUZZ_PEOPLE",
        "FUZZ_APPROVAL_LINK",
        "FUZZ_OWNER",
        "FUZZ_TOKEN",
        "FUZZ_KEY",
        "FUZZ_ORGANIZATION",
        "FUZZ_WORKSPACE",
        "FUZZ_HOOK",
        "FUZZ_DELIVERY",
    )
    example |= {name: given[name] for name in names}
    more = [f"{stack.url}/openapi.json", "--max-examples", str(examples), *more]
    codes = [schemathesis(configuration, seed, more, example)]
    for again in range(1, ROUNDS) if "--phases" not in more else ():
        codes.append(schemathesis(configuration, seed + again, [*more, "--phases", "stateful"], example))
    return max(codes)


def schemathesis(configuration: Path, seed: int, more: list[str], told: Mapping[str, str]) -> int:
    """One run of it; its exit code."""
    command = [str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(configuration), "run"]
    environ = {**os.environ, **told, "FUZZ_SEED": str(seed), "PYTHONPATH": "shared:."}
    command += ["--seed", str(seed), *more]
    return subprocess.run(command, cwd=ROOT, env=environ, check=False, timeout=SECONDS).returncode


def main() -> int:
    """Start, ask, say how to ask the same again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32), help="of the run to repeat")
    parser.add_argument("--max-examples", type=int, default=EXAMPLES, help="per operation and phase")
    given, more = parser.parse_known_args()
    again = f"seed {given.seed}: make fuzz ARGS='--seed {given.seed} --max-examples {given.max_examples}'"
    print(again, flush=True)
    with tempfile.TemporaryDirectory(prefix="lamplighter-fuzz-") as directory, provider() as sign_in:
        environ = {
            "LAMPLIGHTER_OIDC_SECRET_ID": OIDC_SECRET,
            "EGRESS_ALLOW": urlsplit(sign_in["issuer"]).netloc,
        }
        started = Stack(directory=Path(directory), use_ports=ports.all_free(), environ=environ)
        with started as stack:
            stack.services.keep_secret(OIDC_SECRET, json.dumps(sign_in))
            code = asked(stack, given.seed, given.max_examples, more)
    print(again)
    return code


if __name__ == "__main__":
    sys.exit(main())
