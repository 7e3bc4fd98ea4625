"""URLs as users and attackers write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.egress.errors import Refused
from lamplighter.egress.targets import Target, target_of

REFUSED = {
    # scheme
    "http://example.com/": "scheme",
    "ftp://example.com/": "scheme",
    "file:///etc/passwd": "scheme",
    "gopher://example.com:443/": "scheme",
    "//example.com/": "scheme",
    "example.com": "scheme",
    "": "scheme",
    # what readers of URLs disagree about
    "https://example.com\\@127.0.0.1/": "url",
    "https://exa\tmple.com/": "url",
    "https://example.com/a b": "url",
    "https://example.com/\r\nHost: other": "url",
    " https://example.com/": "url",
    "https://example.com/\x00": "url",
    "https://[::1/": "host",
    "https://example.com/" + "a" * 9000: "url",
    # user names
    "https://user:password@example.com/": "userinfo",
    "https://user@example.com/": "userinfo",
    "https://@example.com/": "userinfo",
    "https://example.com:443@127.0.0.1/": "userinfo",
    # ports
    "https://example.com:80/": "port",
    "https://example.com:22/": "port",
    "https://example.com:8080/": "port",
    "https://example.com:99999/": "port",
    "https://example.com:0/": "port",
    "https://example.com:-443/": "host",
    "https://example.com:+443/": "host",
    "https://example.com:443:443/": "host",
    "https://example.com:4\uff14\uff13/": "host",
    # no host, and names that are none
    "https:example.com": "host",
    "https:///example.com": "host",
    "https://:443/": "host",
    "https://./": "host",
    "https://../": "host",
    "https://.example.com/": "host",
    "https://example..com/": "host",
    "https://example.com../": "host",
    "https://-example.com/": "host",
    "https://exa*mple.com/": "host",
    "https://localhost/": "host",
    "https://localhost./": "host",
    "https://metadata/": "host",
    "https://" + "a" * 64 + ".com/": "host",
    "https://" + ".".join(["a" * 60] * 5) + "/": "host",
    # percent-encoded
    "https://%31%32%37.0.0.1/": "host",
    "https://127%2e0.0.1/": "host",
    "https://localhost%00.example.com/": "host",
    # IPv4 in other spellings
    "https://2130706433/": "host",
    "https://0x7f000001/": "host",
    "https://017700000001/": "host",
    "https://127.1/": "host",
    "https://127.0.1/": "host",
    "https://0177.0.0.1/": "host",
    "https://0x7f.0.0.1/": "host",
    "https://0x7f.0x0.0x0.0x1/": "host",
    "https://127.0.0.01/": "host",
    "https://127.0.0.0x1/": "host",
    "https://127.0.0.1../": "host",
    "https://1.1.1.1.1/": "host",
    "https://256.1.1.1/": "host",
    "https://0x/": "host",
    "https://example.0x7f/": "host",
    "https://example.1/": "host",
    "https://\u2460\u2461\u2466.1/": "host",
    "https://\uff12\uff11\uff13\uff10\uff17\uff10\uff16\uff14\uff13\uff13/": "host",
    # IPv6 in other spellings
    "https://[fe80::1%25eth0]/": "host",
    "https://[fe80::1%eth0]/": "host",
    "https://[::1%25lo]/": "host",
    "https://[v1.fe80]/": "host",
    "https://[127.0.0.1]/": "host",
    "https://[::127.0.0.01]/": "host",
    "https://::1/": "host",
    "https://[::1]example.com/": "host",
    "https://example.com[::1]/": "host",
    "https://[]/": "host",
    # names outside ASCII
    "https://stra\u00dfe.example/": "host",
    "https://\u03b2\u03cc\u03bb\u03bf\u03c2.example/": "host",
    "https://a\u200db.example/": "host",
    "https://a\u200cb.example/": "host",
    "https://exam\u2100ple.com/": "host",
    "https://exa\u00a0mple.com/": "host",
    "https://\ud800.example/": "host",
}

READ = {
    "https://example.com": ("example.com", 443, "/"),
    "https://example.com:443/": ("example.com", 443, "/"),
    "https://example.com:/": ("example.com", 443, "/"),
    "https://example.com:8443/hook": ("example.com", 8443, "/hook"),
    "HTTPS://Example.COM/Path": ("example.com", 443, "/Path"),
    "https://example.com./": ("example.com", 443, "/"),
    "https://example.com?a=1": ("example.com", 443, "/?a=1"),
    "https://example.com/a?b=c&d=%20#fragment": ("example.com", 443, "/a?b=c&d=%20"),
    "https://example.com/a@b": ("example.com", 443, "/a@b"),
    "https://example.com//a": ("example.com", 443, "//a"),
    "https://example.com/\u0444?\u0449": ("example.com", 443, "/%D1%84?%D1%89"),
    'https://example.com/"<a>"': ("example.com", 443, "/%22%3Ca%3E%22"),
    "https://hooks_1.example.com/": ("hooks_1.example.com", 443, "/"),
    "https://1.1.1.1/": ("1.1.1.1", 443, "/"),
    "https://1.1.1.1./": ("1.1.1.1", 443, "/"),
    "https://127.0.0.1/": ("127.0.0.1", 443, "/"),
    "https://[2606:4700:4700:0::1111]:8443/": ("2606:4700:4700::1111", 8443, "/"),
    "https://[::FFFF:127.0.0.1]/": ("::ffff:127.0.0.1", 443, "/"),
    "https://\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444/": ("xn--e1afmkfd.xn--p1ai", 443, "/"),
    "https://xn--e1afmkfd.xn--p1ai/": ("xn--e1afmkfd.xn--p1ai", 443, "/"),
    "https://b\u00fccher.example/": ("xn--bcher-kva.example", 443, "/"),
    "https://example\u3002com/": ("example.com", 443, "/"),
    "https://\u24d4xample.com/": ("example.com", 443, "/"),
    "https://\uff11\uff12\uff17.0.0.1/": ("127.0.0.1", 443, "/"),
    "https://1.example.com/": ("1.example.com", 443, "/"),
    "https://127.0.0.1.nip.io/": ("127.0.0.1.nip.io", 443, "/"),
}


def _id(url: str) -> str:
    return url.encode("unicode_escape").decode()[:60] or "nothing"


@pytest.mark.parametrize(("url", "code"), REFUSED.items(), ids=map(_id, REFUSED))
def test_a_url_that_can_be_misread_is_refused(url: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        target_of(url)
    assert refused.value.code == code


@pytest.mark.parametrize(("url", "parts"), READ.items(), ids=map(_id, READ))
def test_a_url_is_read_in_one_way(url: str, parts: tuple[str, int, str]) -> None:
    target = target_of(url)
    assert (target.host, target.port, target.path) == parts
    assert not target.trusted


@given(st.text(max_size=60))
def test_any_text_is_a_target_or_refused(text: str) -> None:
    for url in (text, "https://" + text, f"https://{text}/", f"https://example.com/{text}"):
        try:
            target = target_of(url)
        except Refused:
            continue
        assert target.scheme == "https"
        assert target.host.isascii()
        assert target.path.isascii()
        assert not set(target.path + target.host) & set(" \r\n\t\x00\\")


@given(st.text("0123456789abcdefx.:[]%@/\\ \u3002\uff11", max_size=30))
def test_a_host_that_ends_in_a_number_is_a_dotted_quad(host: str) -> None:
    try:
        target = target_of(f"https://{host}/")
    except Refused:
        return
    last = target.host.rpartition(".")[2]
    if last.isdigit() or last.startswith("0x"):
        assert target.literal is not None


def test_a_pair_of_the_allow_list_may_be_local_and_without_tls() -> None:
    allowed = {("localhost", 3777), ("127.0.0.1", 80), ("::1", 2583)}
    assert target_of("http://localhost:3777/x", allowed) == Target(
        "http", "localhost", 3777, "/x", trusted=True
    )
    assert target_of("https://LOCALHOST.:3777/", allowed).trusted
    assert target_of("http://127.0.0.1/", allowed).trusted
    assert target_of("http://[0:0::1]:2583/", allowed).trusted


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:3778/",
        "http://localhost/",
        "http://sub.localhost:3777/",
        "http://127.0.0.1:3777/",
        "ftp://localhost:3777/",
        "http://user@localhost:3777/",
    ],
)
def test_only_the_exact_pair_is_allowed(url: str) -> None:
    with pytest.raises(Refused):
        target_of(url, {("localhost", 3777)})


def test_the_host_header_names_the_port_only_where_it_is_not_the_scheme_s() -> None:
    assert target_of("https://example.com/").authority == "example.com"
    assert target_of("https://example.com:8443/").authority == "example.com:8443"
    assert target_of("https://[2606:4700::1]/").authority == "[2606:4700::1]"
    assert target_of("https://[2606:4700::1]:8443/").authority == "[2606:4700::1]:8443"
    assert target_of("http://localhost:443/", {("localhost", 443)}).authority == "localhost:443"


def test_the_repr_hides_path_and_query() -> None:
    assert "secret" not in repr(target_of("https://example.com/secret?token=secret"))
