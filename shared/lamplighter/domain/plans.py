"""What each plan includes."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """A steady number of requests a minute, and how many may come at once after a pause."""

    per_minute: int
    burst: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The limits of one plan. `principal` is one API key's, or one person's."""

    principal: Rate
    workspace: Rate


PLANS: Mapping[str, Plan] = {
    "starter": Plan(Rate(300, 100), Rate(600, 200)),
    "team": Plan(Rate(600, 200), Rate(1_800, 600)),
    "agency": Plan(Rate(1_200, 400), Rate(6_000, 2_000)),
    "unlimited": Plan(Rate(60_000, 10_000), Rate(600_000, 100_000)),
}
"""By `organizations.plan_id`; a plan that is not here is served as a starter."""


def rates() -> dict[str, dict[str, list[int]]]:
    """The plans' rates as the database's authenticating functions take them."""
    return {
        name: {
            "principal": [plan.principal.per_minute, plan.principal.burst],
            "workspace": [plan.workspace.per_minute, plan.workspace.burst],
        }
        for name, plan in PLANS.items()
    }
