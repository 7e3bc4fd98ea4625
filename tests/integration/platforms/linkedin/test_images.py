"""LinkedIn: images are uploaded once and waited for."""

from dataclasses import replace
from typing import Any

import pytest

from lamplighter.domain.outcomes import (
    NotSent,
    Rejected,
    Waiting,
)
from lamplighter.platforms import linkedin
from lamplighter.platforms.base import Account
from tests.integration.platforms.fake_linkedin import (
    NO_PERMISSION,
    FakeLinkedIn,
)
from tests.integration.platforms.linkedin.stage import IMAGE, out, post, ready
from tests.integration.platforms.wire import Answer


def test_one_image_is_uploaded_and_waited_for(fake: FakeLinkedIn, page: Account) -> None:
    fake.processing = 2
    out(page, post(IMAGE))
    [(urn, data)] = fake.bytes.items()
    assert data == IMAGE.data
    assert fake.posts[0]["content"] == {"media": {"id": urn, "altText": "A lamp"}}
    assert len(fake.calls("image")) == 3


def test_several_images_keep_their_order(fake: FakeLinkedIn, page: Account) -> None:
    out(page, post(IMAGE, replace(IMAGE, alt="Another")))
    content: Any = fake.posts[0]["content"]
    assert [image["altText"] for image in content["multiImage"]["images"]] == ["A lamp", "Another"]
    assert [image["id"] for image in content["multiImage"]["images"]] == list(fake.bytes)


def test_images_that_were_taken_are_not_uploaded_again(fake: FakeLinkedIn, page: Account) -> None:
    wanted = post(IMAGE, IMAGE)
    fake.fails("upload", Answer(201), accepts=True)
    fake.fails("upload", Answer(503))
    first = linkedin.prepare(page, wanted, None)
    assert isinstance(first, Waiting)
    assert len(first.kept["images"]) == 1
    second = linkedin.prepare(page, wanted, first.kept)
    assert isinstance(second, Waiting)
    assert len(fake.bytes) == 2


def test_a_token_that_may_not_ask_for_its_images_waits_once(fake: FakeLinkedIn, page: Account) -> None:
    fake.fails("image", NO_PERMISSION)
    assert isinstance(ready(page, post(IMAGE)), dict)


def test_an_image_that_cannot_be_processed(fake: FakeLinkedIn, page: Account) -> None:
    waiting = linkedin.prepare(page, post(IMAGE), None)
    assert isinstance(waiting, Waiting)
    fake.fails("image", Answer(json={"status": "PROCESSING_FAILED"}))
    outcome = linkedin.prepare(page, post(IMAGE), waiting.kept)
    assert isinstance(outcome, Rejected)
    assert outcome.code == "media_refused"


@pytest.mark.parametrize(
    "url", ["https://evil.example/put", "http://www.linkedin.com/put", "https://linkedin.com.evil.example/"]
)
def test_the_token_goes_to_nobody_else(fake: FakeLinkedIn, page: Account, url: str) -> None:
    place = {"value": {"image": "urn:li:image:1", "uploadUrl": url}}
    fake.fails("initialize", Answer(json=place))
    outcome = linkedin.prepare(page, post(IMAGE), None)
    assert outcome == NotSent("unclear_answer", "LinkedIn named a place for the image that is not its own.")
