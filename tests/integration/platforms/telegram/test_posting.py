"""Telegram: messages sent, changed and taken back."""

from dataclasses import replace

import pytest

from lamplighter.domain.outcomes import (
    Published,
    Rejected,
    Removed,
)
from lamplighter.platforms import telegram
from lamplighter.platforms.base import Account, Remote
from tests.integration.platforms.fake_telegram import FakeTelegram, error
from tests.integration.platforms.telegram.stage import TEXT, image, out, post, ready


def test_a_text_is_sent_as_it_was_written(fake: FakeTelegram, lamps: Account) -> None:
    outcome = telegram.publish(lamps, ready(lamps, post()))
    [made] = fake.posts
    number = made["message_id"]
    assert outcome == Published(str(number), f"https://t.me/lamps_daily/{number}", {"message_ids": [number]})
    assert made["text"] == TEXT
    assert "parse_mode" not in fake.calls("sendMessage")[0].json


def test_a_message_of_a_private_channel_has_an_address_for_its_members(
    fake: FakeTelegram, lamps: Account
) -> None:
    del fake.chat["username"]
    outcome = telegram.publish(lamps, ready(lamps, post()))
    assert isinstance(outcome, Published)
    assert outcome.url == f"https://t.me/c/1234567890/{outcome.remote_id}"


def test_a_message_of_a_small_group_has_no_address(fake: FakeTelegram, lamps: Account) -> None:
    fake.chat = {"id": -4711, "type": "group", "title": "Lamps"}
    outcome = telegram.publish(lamps, ready(lamps, post()))
    assert isinstance(outcome, Published)
    assert outcome.url == ""


def test_one_image_carries_the_text_as_its_caption(fake: FakeTelegram, lamps: Account) -> None:
    out(lamps, post(image()))
    assert [(made["photo"], made["caption"]) for made in fake.posts] == [(image().url, TEXT)]


def test_several_images_are_one_album_with_one_caption(fake: FakeTelegram, lamps: Account) -> None:
    remote = out(lamps, post(image(1), image(2), image(3)))
    assert [made["caption"] for made in fake.posts] == [TEXT, None, None]
    assert [made["photo"] for made in fake.posts] == [image(n).url for n in (1, 2, 3)]
    assert remote.remote_id == str(fake.posts[0]["message_id"])
    assert remote.reference == {"message_ids": [made["message_id"] for made in fake.posts]}


def test_an_image_without_a_text_has_no_caption(fake: FakeTelegram, lamps: Account) -> None:
    out(lamps, post(image(), text=""))
    assert "caption" not in fake.calls("sendPhoto")[0].json


def test_addresses_of_images_are_fresh_in_every_try(lamps: Account) -> None:
    old = ready(lamps, post(image(1)))
    again = telegram.prepare(lamps, post(image(2)), old)
    assert isinstance(again, dict)
    assert again["fields"]["photo"] == image(2).url


def test_an_image_without_an_address_is_refused_before_any_call(fake: FakeTelegram, lamps: Account) -> None:
    outcome = telegram.prepare(lamps, post(replace(image(), url=None)), None)
    assert isinstance(outcome, Rejected)
    assert outcome.code == "media_not_public"


def test_a_thread_answers_the_message_before(fake: FakeTelegram, lamps: Account) -> None:
    root = out(lamps, post())
    second = out(lamps, post(text="And on", kind="thread", root=root, parent=root))
    out(lamps, post(text="On", kind="thread", root=root, parent=second))
    assert [made["answers"] for made in fake.posts] == [None, int(root.remote_id), int(second.remote_id)]


def test_an_answer_to_a_message_that_is_gone_is_refused(fake: FakeTelegram, lamps: Account) -> None:
    root = out(lamps, post())
    fake.posts.clear()
    outcome = telegram.publish(lamps, ready(lamps, post(kind="comment", root=root, parent=root)))
    assert isinstance(outcome, Rejected)
    assert outcome.code == "parent_gone"


def test_a_text_is_edited_and_the_same_edit_is_no_other(fake: FakeTelegram, lamps: Account) -> None:
    remote = out(lamps, post())
    for _ in range(2):
        outcome = telegram.edit(lamps, remote, post(text="Lit"))
        assert isinstance(outcome, Published)
        assert outcome.remote_id == remote.remote_id
    assert fake.posts[0]["text"] == "Lit"


def test_of_images_the_caption_is_edited(fake: FakeTelegram, lamps: Account) -> None:
    remote = out(lamps, post(image(1), image(2)))
    assert isinstance(telegram.edit(lamps, remote, post(text="Lit")), Published)
    assert [made["caption"] for made in fake.posts] == ["Lit", None]


def test_a_message_is_deleted_and_stays_so(fake: FakeTelegram, lamps: Account) -> None:
    remote = out(lamps, post())
    assert telegram.delete(lamps, remote) == telegram.delete(lamps, remote) == Removed()
    assert fake.posts == []
    gone = telegram.edit(lamps, remote, post(text="Lit"))
    assert isinstance(gone, Rejected)
    assert gone.code == "post_gone"


def test_an_album_is_deleted_whole(fake: FakeTelegram, lamps: Account) -> None:
    remote = out(lamps, post(image(1), image(2)))
    assert telegram.delete(lamps, remote) == Removed()
    assert fake.posts == []


def test_a_message_that_is_too_old_is_not_called_gone(fake: FakeTelegram, lamps: Account) -> None:
    remote = out(lamps, post())
    fake.fails("deleteMessage", error(400, "Bad Request: message can't be deleted"))
    outcome = telegram.delete(lamps, remote)
    assert isinstance(outcome, Rejected)
    assert outcome.code == "too_late"


@pytest.mark.parametrize("remote_id", ["", "abc", "-1", "1e3", "\u0661"])
def test_a_message_whose_number_is_unknown_is_left_alone(
    fake: FakeTelegram, lamps: Account, remote_id: str
) -> None:
    assert isinstance(telegram.delete(lamps, Remote(remote_id)), Rejected)
    assert isinstance(telegram.edit(lamps, Remote(remote_id), post()), Rejected)
    assert fake.requests == []
