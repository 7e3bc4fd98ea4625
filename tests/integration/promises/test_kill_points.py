"""SIGKILL before and after every numbered step, then recovery: at most one post, and the state is true."""

import os
import signal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from lamplighter.postgres.models import Dispatch, PublicationAttempt
from lamplighter.postgres.session import transaction
from tests.integration.promises.reach import places
from tests.integration.promises.scenarios import CLASS, SCENARIOS, Scenario
from tests.integration.promises.stage import Stage
from tests.integration.promises.victims import Victims

ALL = os.environ.get("KILL_POINTS") == "all"
UNTRIED = {"linkedin", "telegram", "threads"}
REMEMBERED = {
    "lamplighter.services.sealing._data_key",
    "lamplighter.clients.objects.presigned_download",
}
"""What asks nobody, or not where it was asked a moment before. (What it asks then is a step by itself.)"""
WEBHOOKS = "lamplighter.services.delivery_wakes."
DELIVERIES = "shared/lamplighter/services/delivery_wakes.py"
"""Waking whoever tells webhooks of it, when all is committed: killed in tests/integration/webhooks."""
SANDBOXS = {each.name for each in SCENARIOS if each.platform == "sandbox" and "lost" not in each.name}
OPEN = {"claimed", "prepared", "waiting", "sending"}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: f"{CLASS[each.platform]}, {each.name}")
def test_whoever_is_killed_anywhere_loses_nothing_and_posts_nothing_twice(
    scenario: Scenario, stage: Stage, victims: Victims
):
    steps = steps_of(scenario, played(scenario, stage, victims, None)["kinds"])
    survived = []
    for step in steps:
        played(scenario, stage, victims, step)
        survived.append(step)
    assert survived == steps != []


def steps_of(scenario: Scenario, kinds: list[str]) -> list[tuple[int, str]]:
    """Before and after each. What is after one and before the next is the same to everybody but the process
    itself, as it says nothing to anyone between them: unless all are asked for, it is killed there once, and
    on ways that are the sandbox's too, each third time.
    """
    every = [(number, side) for number in range(1, len(kinds) + 1) for side in ("before", "after")]
    if ALL:
        return every
    between = [step for step in every if step[1] == "before"] + every[-1:]
    is_known = scenario.platform in {"bluesky", "mastodon"} and scenario.name in SANDBOXS
    return between[1::3] if is_known else between


def test_every_step_that_the_code_can_take_is_taken_by_some_scenario(stage: Stage, victims: Victims):
    lines = {
        tuple(line) for scenario in SCENARIOS for line in played(scenario, stage, victims, None)["lines"]
    }
    asked = [place for place in places() if place.calls not in REMEMBERED and place.network not in UNTRIED]
    posting = [place for place in asked if not place.calls.startswith(WEBHOOKS) and place.file != DELIVERIES]
    missed = [place for place in posting if not place.is_on_the_way(lines)]
    assert [f"{place.file}:{place.first} {place.calls}" for place in missed] == []
    assert len(posting) > 60


def played(scenario: Scenario, stage: Stage, victims: Victims, kill: tuple[int, str] | None) -> Any:
    """The scenario from the beginning, killed there and taken up again; what a whole run was like."""
    stage.platform = scenario.platform
    stage.network.forget()
    names = scenario.set_up(stage)
    scenario.trouble.befall(stage.network, names)
    order = stage.order(names, scenario.steps, kill)
    end = victims.play(order)
    if kill:
        assert end.killed_by == signal.SIGKILL, (kill, end)
        end = victims.play(stage.recovery(order))
    else:
        assert [answer for answer in end.said["answers"] if answer[0] >= 300] == []
    assert_true(scenario, stage, kill)
    return end.said


def assert_true(scenario: Scenario, stage: Stage, kill: Any) -> None:
    """What the API says is what the network knows, and nothing is left to do."""
    caller = stage.tests if scenario.name == "a test" else stage.desk.http
    found = caller.get(f"/publications?limit={scenario.publications}").json["items"]
    said, platform = found[0], found[0]["platforms"][0]
    if kill and scenario.platform == "telegram" and said["status"] == "needs_review":
        # Nobody can find out: a person is asked, and nothing is sent again.
        assert len(stage.network.accepted) <= scenario.posts, kill
        assert len(set(stage.network.texts)) == len(stage.network.texts), kill
        return
    assert {each["status"] for each in found} == {scenario.status}, (kill, platform)
    assert all(len(each["platforms"]) == 1 for each in found)
    accepted, posts = stage.network.accepted, stage.network.posts
    assert len(accepted) == scenario.posts, (kill, accepted)
    assert len(posts) == (scenario.posts if scenario.left is None else scenario.left), (kill, posts)
    assert all(first["text"].endswith(scenario.says) for first in list(posts.values())[:1])
    if scenario.status == "needs_review":
        return
    platforms = [platform for each in found for platform in each["platforms"]]
    known = [str(each["platform_post_id"]) for platform in platforms for each in platform["segments"]]
    assert len(set(known)) == scenario.posts, (kill, known)
    with transaction(UUID(stage.desk.http.workspace_id)) as tx:
        assert list(tx.session.scalars(select(Dispatch))) == []
        assert not OPEN & set(tx.session.scalars(select(PublicationAttempt.status))), kill
