"""Several calls for one post: uploads in their order within one time, look-ups all at once."""

import threading
from dataclasses import replace

import pytest

from lamplighter.domain.outcomes import NotSent, Outcome, RateLimited, Rejected, TokenExpired, Waiting
from lamplighter.egress import MEDIA, Purpose
from lamplighter.platforms._shared import uploads
from lamplighter.platforms._shared.together import together
from lamplighter.platforms._shared.uploads import Uploads, gone_on_with, uploaded_in_turn
from lamplighter.platforms.base import Media

IMAGES = [Media(bytes([number]), "image/png", "", 1, 1) for number in range(4)]


def test_images_are_uploaded_in_their_order_and_share_one_time() -> None:
    given: list[float] = []

    def upload(image: Media, purpose: Purpose) -> int | Outcome:
        given.append(purpose.seconds)
        return image.data[0]

    assert uploaded_in_turn(upload, IMAGES) == Uploads([0, 1, 2, 3])
    assert MEDIA.seconds >= given[0] > given[1] > given[2] > given[3] > 0


def test_when_the_time_is_over_no_further_upload_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MEDIA", replace(MEDIA, seconds=0))
    begun = uploaded_in_turn(lambda _image, _purpose: pytest.fail("an upload was begun"), IMAGES)
    assert isinstance(begun.problem, NotSent)
    assert begun.problem.code == "upload_slow"


def test_the_first_upload_that_fails_is_the_last() -> None:
    refused = Rejected("refused", "No")
    seen: list[Media] = []

    def upload(image: Media, _purpose: Purpose) -> int | Outcome:
        seen.append(image)
        return refused if len(seen) == 2 else 0  # the second one

    assert uploaded_in_turn(upload, IMAGES) == Uploads([0], refused)
    assert seen == IMAGES[:2]


@pytest.mark.parametrize(
    ("problem", "pause"),
    [(NotSent("unreachable", "No"), 5), (NotSent("x", "No", 9), 9), (RateLimited("No", 60), 60)],
)
def test_what_was_taken_is_kept_when_the_rest_has_to_wait(problem: Outcome, pause: float) -> None:
    assert gone_on_with({"media": ["1"]}, problem) == Waiting({"media": ["1"]}, pause, "No")


@pytest.mark.parametrize("problem", [Rejected("refused", "No"), TokenExpired("No", revoked=True)])
def test_a_problem_that_does_not_pass_is_the_answer(problem: Outcome) -> None:
    assert gone_on_with({"media": ["1"]}, problem) is problem


def test_look_ups_wait_for_each_other_and_keep_their_order() -> None:
    everyone = threading.Barrier(5, timeout=10)

    def call(number: int) -> int:
        everyone.wait()  # passes only when all five are under way
        return -number

    assert together(call, range(5)) == [0, -1, -2, -3, -4]
    assert together(str, []) == []
