"""LinkedIn: a page is opened by who may read it."""

import pytest

from lamplighter.platforms import linkedin
from lamplighter.platforms.base import ConnectFailed
from tests.integration.platforms.fake_linkedin import (
    PAGE,
    TOKEN,
    FakeLinkedIn,
)


@pytest.mark.parametrize("organization", [PAGE, PAGE.rpartition(":")[2]])
def test_a_page_is_opened_by_its_number_or_urn(fake: FakeLinkedIn, organization: str) -> None:
    account = linkedin.connect(fake.url, {"access_token": TOKEN, "organization": organization})
    assert (account.channel_id, account.username) == (PAGE, "ada-and-co")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"organization": "ada-and-co"}, "organization_invalid"),
        ({"organization": "urn:li:person:1"}, "organization_invalid"),
        ({"organization": "1/../2"}, "organization_invalid"),
        ({"organization": "12"}, "no_permission"),
        ({"access_token": "another"}, "credentials_refused"),
    ],
)
def test_what_opens_no_page(fake: FakeLinkedIn, fields: dict[str, str], code: str) -> None:
    with pytest.raises(ConnectFailed) as failed:
        linkedin.connect(fake.url, {"access_token": TOKEN, "organization": PAGE, **fields})
    assert (failed.value.code, failed.value.transient) == (code, False)
