"""Whatever leads inside is refused and nothing is connected to; what is public is reached under its name."""

from collections.abc import Iterator

import pytest

from lamplighter import egress
from tests.integration.egress import vectors
from tests.integration.egress.authority import Authority
from tests.integration.egress.internet import Internet
from tests.integration.egress.servers import OK, Server, answering
from tests.integration.egress.spellings import embeddings

NAME = "hooks.example.com"
API = egress.API


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> Iterator[Internet]:
    made = Internet()
    made.answer(NAME, [vectors.PUBLIC])
    with made.connected(monkeypatch):
        yield made


def shown(url: str) -> str:
    return url.encode("unicode_escape").decode()[:70] or "nothing"


@pytest.mark.parametrize("url", vectors.urls(NAME), ids=shown)
def test_a_url_that_leads_inside_is_refused(internet: Internet, url: str) -> None:
    for call in (
        lambda: egress.destination(url),
        lambda: egress.request("POST", url, body=b"x", purpose=API),
    ):
        with pytest.raises(egress.Refused):
            call()
    assert internet.attempts == []


@pytest.mark.parametrize(("name", "address"), vectors.NAMES_OF_THE_INSIDE.items(), ids=shown)
def test_a_name_of_the_inside_is_refused(internet: Internet, name: str, address: str) -> None:
    internet.answer(name if name.isascii() else name.encode("idna").decode(), [address])
    with pytest.raises(egress.Refused, match="not public"):
        egress.request("POST", f"https://{name}/", purpose=API)
    assert internet.attempts == []


@pytest.mark.parametrize("address", [*vectors.INSIDE_V4, *vectors.INSIDE_V6])
def test_a_name_whose_address_is_inside_is_refused(internet: Internet, address: str) -> None:
    for answer in ([address], [vectors.PUBLIC, address], [address, vectors.PUBLIC]):
        internet.answer(NAME, answer)
        with pytest.raises(egress.Refused, match="not public"):
            egress.request("POST", f"https://{NAME}/", purpose=API)
    assert internet.attempts == []


@pytest.mark.parametrize("address", [e for v4 in vectors.INSIDE_V4 for e in embeddings(v4)])
def test_a_name_that_resolves_to_an_address_within_an_address_is_refused(
    internet: Internet, address: str
) -> None:
    internet.answer(NAME, [address])
    with pytest.raises(egress.Refused, match="not public"):
        egress.destination(f"https://{NAME}/")


@pytest.mark.parametrize("answer", vectors.MIXED_ANSWERS.values(), ids=vectors.MIXED_ANSWERS)
def test_one_address_of_the_inside_refuses_the_name(internet: Internet, answer: list[str]) -> None:
    internet.answer(NAME, answer)
    with pytest.raises(egress.Refused, match="not public"):
        egress.request("POST", f"https://{NAME}/", purpose=API)
    assert internet.attempts == []


@pytest.mark.parametrize("url", [each.replace("{public}", NAME) for each in vectors.NEVER_INSIDE], ids=shown)
def test_what_some_read_as_the_inside_goes_outside(internet: Internet, url: str) -> None:
    with pytest.raises((egress.Refused, egress.NotSent)):
        egress.request("POST", url, purpose=API)
    assert set(internet.attempts) <= {(vectors.PUBLIC, 443)}


def test_a_name_is_asked_once_and_a_later_answer_reaches_nothing(internet: Internet) -> None:
    internet.answer(NAME, [vectors.PUBLIC], ["127.0.0.1"])
    to = egress.destination(f"https://{NAME}/")
    for _ in range(3):
        with pytest.raises(egress.NotSent):
            egress.alone(egress.exchange(to, "POST", purpose=API))
    assert internet.asked == [NAME]
    assert set(internet.attempts) == {(vectors.PUBLIC, 443)}
    with pytest.raises(egress.Refused):
        egress.destination(f"https://{NAME}/")


@pytest.mark.parametrize("port", [443, 8443])
def test_a_public_address_is_reached_under_its_name(
    internet: Internet, authority: Authority, port: int
) -> None:
    """Without the allow-list: the checked address, TLS with the name, the certificate verified."""
    with Server(answering(OK), tls=authority.server_context(NAME)) as server:
        internet.lead(vectors.PUBLIC, server.port)
        url = f"https://{NAME}:{port}/hook"
        assert egress.request("POST", url, body=b"{}", purpose=egress.WEBHOOK).status == 200
        egress.close_idle()
    assert internet.attempts == [(vectors.PUBLIC, port)]
    assert server.names == [NAME]
    host = NAME if port == 443 else f"{NAME}:{port}"
    assert f"\r\nHost: {host}\r\n".encode() in server.requests[0]


@pytest.mark.parametrize("status", [300, 301, 302, 303, 305, 307, 308])
@pytest.mark.parametrize(
    "line",
    ["Location: https://127.0.0.1/", "Location: //169.254.169.254/", "Refresh: 0; url=http://[::1]/"],
    ids=["loopback", "metadata", "refresh"],
)
def test_a_redirect_leads_nowhere(internet: Internet, authority: Authority, status: int, line: str) -> None:
    head = f'HTTP/1.1 {status} There\r\n{line}\r\nAlt-Svc: h2="127.0.0.1:443"'
    answer = f"{head}\r\nContent-Length: 0\r\n\r\n"
    with Server(answering(answer.encode()), tls=authority.server_context(NAME)) as server:
        internet.lead(vectors.PUBLIC, server.port)
        for _ in range(2):
            assert egress.request("POST", f"https://{NAME}/", purpose=egress.WEBHOOK).status == status
        egress.close_idle()
    assert internet.attempts == [(vectors.PUBLIC, 443)]
    assert internet.asked == [NAME, NAME]
