"""One mail to one person: as moto's SES takes it, and as the local mailbox does."""

import base64
import hashlib
import json
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from email.header import decode_header, make_header
from http.client import HTTPConnection
from typing import Any

import pytest
from botocore.stub import Stubber
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from infra.local import ports
from infra.local.mailbox import KEPT, LIMIT, SEND, Mailbox, Refused
from lamplighter.clients import aws, mail
from lamplighter.clients.mail import Mail, NotTaken, Rejected
from tests.integration.clients.conftest import REGION, forget_clients

LETTER = Mail(
    sender="Lamplighter <no-reply@lamplighter.test>",
    to="ada@example.com",
    subject="Grüße, 你好 🏮",
    text="Follow https://app.test/x#token=a_b-c\n再见",
    html="<p>Follow <a href='https://app.test/x#token=a_b-c'>this</a></p>",
)


@pytest.fixture
def moto_sent() -> list[Any]:
    """What moto's SES was given; the sender's domain is verified there."""
    aws.ses().create_email_identity(EmailIdentity="lamplighter.test")
    ses_backends[DEFAULT_ACCOUNT_ID][REGION].verify_domain("lamplighter.test")
    sent: list[Any] = ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages
    return sent


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    box = Mailbox(ports.free())
    monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", box.url)
    forget_clients()
    yield box
    aws.ses().close()
    box.close()


def test_motos_ses_takes_the_mail_as_it_is_meant(moto_sent: list[Any]):
    mail.send(LETTER)
    [sent] = moto_sent
    assert (sent.source, sent.subject, sent.body) == (LETTER.sender, LETTER.subject, LETTER.html)
    assert sent.destinations == {"ToAddresses": [LETTER.to]}


def test_the_local_mailbox_takes_the_same_mail(mailbox: Mailbox):
    mail.send(LETTER)
    [sent] = mailbox.mails()
    assert (sent.sender, sent.to, sent.subject) == (LETTER.sender, (LETTER.to,), LETTER.subject)
    assert (sent.text, sent.html) == (LETTER.text, LETTER.html)


def test_both_answer_alike(moto_sent: list[Any], mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch):
    def answered() -> Any:
        forget_clients()
        answer = aws.ses().send_email(**mail._request(LETTER))
        return answer.keys(), type(answer["MessageId"]), answer["ResponseMetadata"]["HTTPStatusCode"]

    local = answered()
    monkeypatch.delenv("AWS_ENDPOINT_URL_SESV2")
    assert answered() == local
    assert [len(moto_sent), len(mailbox.mails())] == [1, 1]


def test_a_sender_that_is_not_verified_yet_may_be_so_later():
    with pytest.raises(NotTaken, match=r"^MessageRejected$"):
        mail.send(LETTER)


@pytest.mark.parametrize(
    ("code", "message", "failure"),
    [
        ("MessageRejected", "Transaction failed: attachment is not supported", Rejected),
        ("MessageRejected", "Email address is not verified. The following identities failed", NotTaken),
        ("BadRequestException", "Missing final '@domain'", Rejected),
        ("TooManyRequestsException", "Maximum sending rate exceeded.", NotTaken),
        ("LimitExceededException", "Daily message quota exceeded.", NotTaken),
        ("SendingPausedException", "", NotTaken),
        ("AccountSuspendedException", "", NotTaken),
        ("MailFromDomainNotVerifiedException", "", NotTaken),
        ("AccessDeniedException", "User is not authorized", NotTaken),
        ("InternalFailure", "", NotTaken),
    ],
)
def test_what_is_hopeless_is_told_from_what_may_pass(code: str, message: str, failure: type[Exception]):
    with Stubber(aws.ses()) as ses:
        ses.add_client_error("send_email", code, f"{message} {LETTER.to}")
        with pytest.raises(failure) as raised:
            mail.send(LETTER)
    assert str(raised.value) == code
    assert raised.value.__suppress_context__  # a logged trace does not show SES's words, with the address


@pytest.mark.parametrize(
    "to",
    [
        "",
        "ada",
        "ada@example.com, eve@example.com",
        "ada@example.com;eve@example.com",
        "Ada <ada@example.com>",
        "ada@example.com\r\nBcc: eve@example.com",
        "ada@example.com\n",
        " ada@example.com",
        "Ada@example.com",
        "a\0da@example.com",
    ],
)
def test_nothing_but_one_address_is_written_to(mailbox: Mailbox, to: str):
    with pytest.raises(Rejected, match="bad_address"):
        mail.send(replace(LETTER, to=to))
    assert mailbox.mails() == []


@pytest.mark.parametrize("subject", ["", "a\r\nBcc: eve@example.com", "a\nb", "a\u2028b"])
def test_a_subject_is_one_line(mailbox: Mailbox, subject: str):
    with pytest.raises(Rejected, match="bad_subject"):
        mail.send(replace(LETTER, subject=subject))
    assert mailbox.mails() == []


@pytest.mark.parametrize("sender", ["", "Lamplighter", "a@b.test, c@d.test", "x <a@b.test>\r\nBcc: c@d.test"])
def test_a_deployment_without_a_sender_sends_when_it_has_one(mailbox: Mailbox, sender: str):
    with pytest.raises(NotTaken, match="no_sender"):
        mail.send(replace(LETTER, sender=sender))


def test_a_senders_name_may_be_in_any_letters(mailbox: Mailbox):
    mail.send(replace(LETTER, sender="Straßenlampe <no-reply@lamplighter.test>"))
    sender = mailbox.mails()[0].sender
    assert sender.isascii()
    assert str(make_header(decode_header(sender))) == "Straßenlampe <no-reply@lamplighter.test>"


def test_a_service_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", f"http://127.0.0.1:{silent.getsockname()[1]}")
        forget_clients()
        begun = time.monotonic()
        with pytest.raises(NotTaken, match="ReadTimeoutError"):
            mail.send(LETTER)
        assert time.monotonic() - begun < 16
        aws.ses().close()


class _Throttled(Mailbox):
    def take(self, request: Any) -> Any:
        raise Refused(429, "TooManyRequestsException", "Maximum sending rate exceeded.")


def test_the_mailboxs_refusals_are_read_as_sess(monkeypatch: pytest.MonkeyPatch):
    box = _Throttled(ports.free())
    monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", box.url)
    forget_clients()
    with pytest.raises(NotTaken, match="TooManyRequestsException"):
        mail.send(LETTER)
    aws.ses().close()
    box.close()


# The mailbox's page.


def _asked(box: Mailbox, method: str, target: str, body: bytes = b"", **headers: str) -> Any:
    connection = HTTPConnection(box.url.removeprefix("http://"), timeout=10)
    connection.request(method, target, body, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, answer.headers, text


def _put(box: Mailbox, **fields: str) -> None:
    words = {
        "to": "ada@example.com",
        "sender": "l@lamplighter.test",
        "subject": "s",
        "text": "t",
        "html": "h",
    }
    words |= fields
    content = {"Subject": {"Data": words["subject"]}}
    body = {"Text": {"Data": words["text"]}, "Html": {"Data": words["html"]}}
    box.take(
        {
            "FromEmailAddress": words["sender"],
            "Destination": {"ToAddresses": [words["to"]]},
            "Content": {"Simple": {**content, "Body": body}},
        }
    )


EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)> javascript:alert(1)"


@pytest.mark.parametrize("field", ["to", "sender", "subject", "text"])
def test_what_strangers_wrote_is_text_on_the_page(mailbox: Mailbox, field: str):
    _put(mailbox, **{field: EVIL})
    status, headers, page = _asked(mailbox, "GET", "/")
    assert status == 200
    assert "<script" not in page
    assert "<img" not in page
    assert not re.search(r"href=\"(?!/|https?://)", page)
    assert "alert(1)" in page
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in headers["content-security-policy"]


def test_a_hostile_filter_is_text_on_the_page_too(mailbox: Mailbox):
    _, _, page = _asked(mailbox, "GET", "/?to=%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script" not in page


def test_a_link_is_followed_and_cannot_leave_its_attribute(mailbox: Mailbox):
    _put(mailbox, text='See https://a.test/x?a=1&b=2#token=t-_1 and https://b.test/"onclick="alert(1) now')
    _, _, page = _asked(mailbox, "GET", "/")
    addresses = re.findall(r'<a href="(https[^"]*)" rel="noopener noreferrer"', page)
    assert addresses == ["https://a.test/x?a=1&amp;b=2#token=t-_1", "https://b.test/"]
    assert "onclick=&quot;alert(1)" in page


def test_a_mails_own_html_runs_nothing(mailbox: Mailbox):
    _put(mailbox, html="<p>Good evening</p><script>alert(1)</script>")
    [kept] = mailbox.mails()
    status, headers, page = _asked(mailbox, "GET", f"/mails/{kept.id}")
    assert (status, page) == (200, kept.html)
    assert headers["content-security-policy"].startswith("sandbox; default-src 'none'")


def test_the_page_and_the_list_show_the_newest_first_and_whose_is_asked_for(mailbox: Mailbox):
    for number in range(3):
        _put(mailbox, subject=f"number {number}", to=f"p{number % 2}@example.com")
    _, _, page = _asked(mailbox, "GET", "/")
    assert re.findall(r"<h2>(.*?)</h2>", page) == ["number 2", "number 1", "number 0"]
    _, _, narrowed = _asked(mailbox, "GET", "/?to=p0%40example.com")
    assert re.findall(r"<h2>(.*?)</h2>", narrowed) == ["number 2", "number 0"]
    status, _, listed = _asked(mailbox, "GET", "/mails?to=p1@example.com")
    assert (status, [each["subject"] for each in json.loads(listed)]) == (200, ["number 1"])


def test_its_memory_is_bounded(mailbox: Mailbox):
    for number in range(KEPT + 5):
        _put(mailbox, subject=str(number))
    kept = mailbox.mails()
    assert (len(kept), kept[0].subject, kept[-1].subject) == (KEPT, str(KEPT + 4), "5")
    with pytest.raises(Rejected, match="BadRequestException"):
        mail.send(replace(LETTER, text="x" * LIMIT))


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"", 400), (b"[]", 400), (b"{}", 400), (b'{"FromEmailAddress": "a@b.test"}', 400), (b"\xff", 400)],
)
def test_a_request_that_ses_would_not_take_is_not_taken(mailbox: Mailbox, body: bytes, code: int):
    status, headers, _ = _asked(mailbox, "POST", SEND, body, authorization="AWS4-HMAC-SHA256 x")
    assert (status, headers["x-amzn-errortype"]) == (code, "BadRequestException")


def test_a_page_elsewhere_neither_reads_nor_writes_here(mailbox: Mailbox):
    assert _asked(mailbox, "GET", "/mails", host="evil.test")[0] == 421
    status, headers, _ = _asked(mailbox, "POST", SEND, b"{}")
    assert (status, headers["x-amzn-errortype"]) == (403, "MissingAuthenticationTokenException")
    assert mailbox.mails() == []


def test_what_is_not_there_is_not_found(mailbox: Mailbox):
    assert _asked(mailbox, "GET", "/mails/none")[0] == 404
    assert _asked(mailbox, "DELETE", "/mails")[0] == 405
