"""The limits that an instance announces."""

from typing import Any

import pytest

from lamplighter.platforms.mastodon.account import to_limits

CONFIGURATION = {
    "statuses": {"max_characters": 5000, "max_media_attachments": 6, "characters_reserved_per_url": 30},
    "media_attachments": {
        "supported_mime_types": ["image/png", "video/mp4", "image/jpeg"],
        "image_size_limit": 1_000,
        "image_matrix_limit": 2_000,
        "description_limit": 400,
    },
}


def test_all_of_them() -> None:
    assert to_limits(CONFIGURATION) == {
        "text_max": 5000,
        "link_length": 30,
        "image_count": 6,
        "image_bytes": 1_000,
        "image_pixels": 2_000,
        "alt_max": 400,
        "image_mimes": ["image/jpeg", "image/png"],
    }


@pytest.mark.parametrize(
    "configuration",
    [
        None,
        [],
        {},
        {"statuses": 5},
        {"statuses": {"max_characters": "many", "max_media_attachments": -1}},
        {"statuses": {"max_characters": True}, "media_attachments": {"supported_mime_types": "all"}},
    ],
)
def test_what_is_missing_or_odd_is_left_out(configuration: Any) -> None:
    assert to_limits(configuration) == {}
