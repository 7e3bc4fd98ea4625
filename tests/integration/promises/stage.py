"""A tenant on which scenarios are played over and over, each time with an account and a post of their own."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from infra.local.demo_picture import lamp_png
from lamplighter.postgres.models import ConnectionGate
from lamplighter.postgres.session import transaction
from tests.integration.api.test_media import uploaded
from tests.integration.http import Http
from tests.integration.promises.networks import Network
from tests.integration.publishing.conftest import Desk

SOON = timedelta(minutes=10)
ACCOUNTS: dict[str, dict[str, str]] = {
    "sandbox": {"handle": "{who}"},
    "bluesky": {"identifier": "{who}", "app_password": "abcd"},
    "mastodon": {"access_token": "token-{who}"},
    "threads": {"access_token": "token-{number}"},
    "linkedin": {"access_token": "token-{who}", "organization": "{number}"},
    "telegram": {"bot_token": "4839574812:AAFD39kkdpWt3ywyRZergyOLMaJhac60qc", "chat_id": "-100{number}"},
}
type Names = dict[str, str]


@dataclass
class Stage:
    """The tenant, the network, and what all runs share."""

    desk: Desk
    network: Network
    folder: Path
    tests: Http
    """The same tenant's test key."""
    approver: str
    """An access token that still counts when posts are due."""
    platform: str = "sandbox"
    _shared: Names = field(default_factory=dict)

    def drafted(self, *, picture: bool = False, parts: Sequence[str] = (), say: str = "") -> Names:
        """A new text for a new account; `parts`: what kind each of the segments is that follow the first."""
        who = uuid4().hex[:12]
        text = f"Good evening {who} {say}".strip()
        more: dict[str, Any] = {}
        if picture:
            more["media"] = [{"media_id": self._picture(), "alt": "A lamp"}]
        if parts:
            more["segments"] = [{"kind": kind, "text": f"{text}, {n}"} for n, kind in enumerate(parts, 2)]
        content = self.desk.content(text, **more)
        return {"connection": self._account(who), "content": content, "who": who, "text": text}

    def scheduled(
        self,
        *,
        mode: str = "live",
        say: str = "",
        picture: bool = False,
        parts: Sequence[str] = (),
        **more: Any,
    ) -> Names:
        """A new post that is due soon, for a tick to find."""
        names = self.drafted(picture=picture, parts=parts, say=say)
        desk = self.desk if mode == "live" else Desk(self.tests, self.desk.aws)
        made = desk.publication(names["connection"], content_id=names["content"], when=SOON, **more)
        assert made.status == 201, made.json
        [platform] = made.json["platforms"]
        return {**names, "publication": made.json["id"], "platform": platform["id"]}

    def pending(self) -> Names:
        """A new post that waits for somebody's approval, and their access token."""
        names = self.scheduled(needs_approval=True, late_policy="skip", late_after_minutes=60)
        return {**names, "approver": self.approver}

    def gated(self, **until: timedelta) -> Names:
        """A new post on an account whose gate is as given, from now on."""
        names = self.scheduled()
        workspace_id = UUID(self.desk.http.workspace_id)
        with transaction(workspace_id) as tx:
            times = {name: tx.now + SOON + by for name, by in until.items()}
            gate = {"connection_id": UUID(names["connection"]), "workspace_id": workspace_id}
            tx.session.add(ConnectionGate(**gate, **times))
        return names

    def recurring(self, *, soon: timedelta = SOON, count: int = 1, **more: Any) -> Names:
        """A new recurring post that goes out soon, and as often as that every five minutes."""
        names = self.drafted()
        first = (datetime.now(UTC) + soon).replace(second=0, microsecond=0)
        times = [f"{first + timedelta(minutes=5 * n):%H:%M}" for n in range(count)]
        starts = f"{first:%Y-%m-%dT%H:%M}"
        schedule = {"timezone": "UTC", "times": times, "starts_at": starts, "count": count}
        body = {
            "name": f"Every evening {names['who']}",
            "schedule_type": "daily",
            "schedule_config": schedule,
            "content_ids": [names["content"]],
            "connection_ids": [names["connection"]],
            **more,
        }
        made = self.desk.http.post("/recurring-posts", body)
        assert made.status == 201, made.json
        return names

    def _account(self, who: str) -> str:
        credentials = {
            name: value.format(who=who, number=int(who, 16) % 10**12)
            for name, value in ACCOUNTS[self.platform].items()
        }
        where = {} if self.platform == "sandbox" else {"base_url": self.network.url}
        body = {"platform": self.platform, "credentials": credentials, **where}
        made = self.desk.http.post("/connections", body)
        assert made.status == 201, made.json
        return str(made.json["id"])

    def _picture(self) -> str:
        if "picture" not in self._shared:
            self._shared["picture"] = uploaded(self.desk.http, lamp_png())["id"]
        return self._shared["picture"]

    def order(self, names: Names, steps: list[Any], kill: tuple[int, str] | None) -> dict[str, Any]:
        """What a process is told to play."""
        run = uuid4().hex
        return {
            "workspace_id": self.desk.http.workspace_id,
            "key": self.desk.http.key,
            "environment": {
                "SANDBOX_URL": self.network.url,
                "EGRESS_ALLOW": self.network.address,
                "DEAD_LETTERS_URL": self.desk.aws.sqs.create_queue(QueueName="dead")["QueueUrl"],
            },
            "run": run,
            "journal": str(self.folder / run),
            "names": names,
            "steps": steps,
            "kill": kill,
        }

    def recovery(self, order: dict[str, Any]) -> dict[str, Any]:
        """The same again by a process that lives, from when the other died; SQS delivers again what that one
        had taken."""
        journal = Path(order["journal"])
        lines = [json.loads(line) for line in journal.read_text().splitlines()] if journal.exists() else []
        late = lines[-1][0] if lines else 0
        return {**order, "kill": None, "late": late, "again": [message for _, message in lines]}
