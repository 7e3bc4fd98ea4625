"""The page of the sandbox network: what it shows, to whom, and that nothing posted can act in it."""

import re
from html.parser import HTMLParser

import pytest

from lamplighter.schemas.sandbox import MAX_LATENCY_MS
from tests.integration.sandbox.client import Answer, Client

ATTACK = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'"


def test_the_page_shows_posts_with_time_key_and_replays(ada: Client, nobody: Client):
    post = ada.post("See https://example.org/a?b=1&c=2 #lamps", key="the-key").json
    ada.post(key="the-key")
    shown = nobody.page(account=ada.account).body.decode()
    assert f'id="post-{post["id"]}"' in shown
    assert '<a href="https://example.org/a?b=1&amp;c=2" rel="nofollow noopener noreferrer ugc"' in shown
    assert "<b>#lamps</b>" in shown
    assert "the-key" in shown
    assert "1 replay<" in shown
    assert re.search(r"\d\d:\d\d:\d\d\.\d{3} UTC", shown)


def test_the_page_offers_the_longest_delay_that_is_taken(ada: Client, nobody: Client):
    assert f'max="{MAX_LATENCY_MS}"' in nobody.page(account=ada.account).body.decode()


class Elements(HTMLParser):
    """The elements of a page as a browser's parser sees them: (tag, attributes)."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def html_parts(answer: Answer) -> str:
    """The HTML of a page, or of the feed that its script draws."""
    if answer.headers["content-type"] == "application/json":
        return answer.json["posts_html"] + answer.json["calls_html"]
    return answer.body.decode()


@pytest.mark.parametrize(("path", "scripts"), [("/sandbox/{}", 1), ("/sandbox/feed?account={}", 0)])
def test_what_was_posted_can_not_act_in_the_page(ada: Client, nobody: Client, path: str, scripts: int):
    media = [{"media_id": ada.upload().json["id"], "alt": ATTACK}]
    text = ATTACK + " https://evil.example/'onmouseover='alert(1) javascript:alert(1)"
    assert ada.post(text, key=ATTACK, media=media).status == 201
    html = html_parts(nobody.call("GET", path.format(ada.account)))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    elements = Elements(html).found
    assert [tag for tag, _ in elements].count("script") == scripts
    names = {name for _, attributes in elements for name in attributes}
    assert not {name for name in names if name.startswith("on") or name in ("style", "srcdoc")}
    [image] = [attributes for tag, attributes in elements if tag == "img"]
    assert image == {"src": f"/sandbox/media/{media[0]['media_id']}", "alt": ATTACK, "loading": "lazy"}
    links = [attributes["href"] or "" for tag, attributes in elements if tag == "a"]
    assert {link.partition(":")[0] for link in links if ":" in link} == {"https"}


def test_the_page_runs_nothing_but_its_own_script(nobody: Client):
    first, second = nobody.page(), nobody.page()
    policy = first.headers["content-security-policy"]
    [nonce] = set(re.findall(r"'nonce-([^']+)'", policy))
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert nonce not in second.headers["content-security-policy"]
    own = [item for item in Elements(first.body.decode()).found if item[0] in ("script", "style")]
    assert own == [("style", {"nonce": nonce}), ("script", {"nonce": nonce})]
    assert first.headers["referrer-policy"] == "no-referrer"
    assert first.headers["cache-control"] == "no-store"


def test_the_page_takes_nothing_from_elsewhere(nobody: Client):
    for tag, attributes in Elements(nobody.page().body.decode()).found:
        address = attributes.get("href" if tag == "link" else "src") or ""
        assert not re.match(r"\w+://|//", address), tag


def test_on_ones_own_machine_everyone_is_shown(ada: Client, grace: Client, nobody: Client):
    posts = [ada.post().json["id"], grace.post().json["id"]]
    html = nobody.page().body.decode()
    assert all(post_id in html for post_id in posts)


def test_an_account_has_a_page_of_its_own(ada: Client, grace: Client, nobody: Client):
    mine, other = ada.post().json["id"], grace.post().json["id"]
    html = nobody.call("GET", f"/sandbox/{ada.account}").body.decode()
    assert mine in html
    assert other not in html


def test_a_deployment_shows_nobody_without_an_account(ada: Client, nobody: Client, deployed: None):
    post_id = ada.post().json["id"]
    closed = nobody.page()
    assert (closed.status, post_id in closed.body.decode()) == (200, False)
    for method, path in (("GET", "/sandbox/feed"), ("DELETE", "/sandbox/faults")):
        answer = nobody.call(method, path)
        assert (answer.status, answer.json["code"]) == (403, "account_required")
    assert nobody.call("PUT", "/sandbox/faults", {"fault": "reject"}).status == 403
    assert post_id in nobody.page(account=ada.account).body.decode()


@pytest.mark.parametrize("account", ["*", "nonsense", "0" * 23, "0" * 25])
def test_what_is_no_account_has_no_page(nobody: Client, account: str):
    assert nobody.call("GET", f"/sandbox/{account}").status == 404
    assert nobody.call("GET", f"/sandbox/feed?account={account}").status == 422


def test_the_page_switches_the_faults_of_its_account(ada: Client, nobody: Client):
    query = f"?account={ada.account}"
    assert (
        nobody.call("PUT", f"/sandbox/faults{query}", {"fault": "reject"}).status == 404
    )  # an account nobody has
    ada.post()
    assert nobody.call("PUT", f"/sandbox/faults{query}", {"fault": "reject", "remaining": 2}).status == 200
    assert ada.post().status == 422
    feed = nobody.call("GET", f"/sandbox/feed{query}").json
    assert (feed["fault_words"], feed["fault_on"]) == ("reject · 1 left", True)
    assert nobody.call("DELETE", f"/sandbox/faults{query}").status == 204
    assert nobody.call("GET", f"/sandbox/feed{query}").json["fault_words"] == "none on"
