"""Lines of calendar files: whatever a post says, it is read back as it was, and cannot say more."""

import icalendar
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.ical import reading, writing

TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\u2028\u2029")
)


def file_with(text: str) -> str:
    lines = ["BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:1", f"SUMMARY:{writing.text(text)}", "END:VEVENT"]
    return writing.file_of([*lines, "END:VCALENDAR"])


@given(TEXTS)
def test_a_text_is_read_back(text: str):
    [event] = icalendar.Calendar.from_ical(file_with(text)).walk("VEVENT")
    assert str(event["SUMMARY"]) == text
    [ours] = reading.components(file_with(text))
    assert ours.text("SUMMARY") == text.strip()


@given(st.text())
def test_no_line_is_longer_than_75_octets(text: str):
    assert max(len(line.encode(errors="surrogatepass")) for line in file_with(text).split("\r\n")) <= 75


def test_a_text_makes_no_property():
    for injected in (
        "a\r\nATTENDEE:mailto:x@example.com",
        "a\nEND:VEVENT",
        "a\u2028RRULE:FREQ=DAILY",
        "a\x00b",
    ):
        file = file_with(injected)
        assert [line.partition(":")[0] for line in file.split("\r\n")][3:5] == ["SUMMARY", "END"]
        assert "\x00" not in file
