"""Whatever opens a page of a host that is not allowed, that host's server is never asked."""

import json

import pytest

from envs.actions import Navigate
from envs.base import ActionFailed, EnvUnavailable
from envs.browser import Browser
from envs.browser_fence import forgo_preloading
from envs.settle import Patience

HERE, ELSEWHERE = "127.0.0.1", "localhost"


@pytest.fixture(scope="module")
def browser():
    with Browser(viewport=(400, 300), allowed_hosts=[HERE], patience=Patience(quiet_s=0.1)) as browser:
        yield browser


@pytest.fixture
def elsewhere(site):
    """A page of the other host, and one of this host that leads there."""
    site.pages["/elsewhere"] = "<title>elsewhere</title>"
    address = site.url("/elsewhere", ELSEWHERE)
    site.pages["/away"] = b"", {"Location": address}
    site.pages["/twice"] = b"", {"Location": "/away"}
    site.asked.clear()
    return address


def asked_elsewhere(site):
    return [path for host, path in site.asked if host == ELSEWHERE]


LEAVING = {
    "meta refresh": "<meta http-equiv=refresh content='0; url=ADDRESS'>",
    "script": "<script>location = 'ADDRESS'</script>",
    "window.open": "<script>open('ADDRESS')</script>",
    "window.open of a redirect": "<script>open('/away')</script>",
    "iframe": "<iframe src='ADDRESS'></iframe>",
    "iframe of a redirect": "<iframe src='/twice'></iframe>",
    "object": "<object data='ADDRESS' type='text/html'></object>",
    "form": "<form method=post action='ADDRESS'><input name=a></form><script>document.forms[0].submit()</script>",
    "form of a redirect": "<form method=post action='/away'><input name=a></form><script>document.forms[0].submit()"
    "</script>",
    "form into a new tab": "<form target=_blank action='ADDRESS'></form><script>document.forms[0].submit()</script>",
    "inner page that leaves": "<iframe srcdoc=\"<script>top.location = 'ADDRESS'</script>\"></iframe>",
}


@pytest.mark.parametrize("html", LEAVING.values(), ids=LEAVING)
def test_no_way_of_leaving_reaches_another_host(browser, site, elsewhere, wait_until, html):
    page = site.page("/leaving", "</script>" + html.replace("ADDRESS", elsewhere))
    notes = []
    browser.execute(Navigate(url=page))

    def refused():
        notes.extend(browser.observe().notes)
        return any("/elsewhere" in note and "its host is not allowed" in note for note in notes)

    wait_until(refused)
    assert asked_elsewhere(site) == []


@pytest.mark.parametrize("path", ["/away", "/twice"])
def test_a_redirect_is_not_followed(browser, site, elsewhere, path):
    with pytest.raises(ActionFailed, match="blocked by client"):
        browser.execute(Navigate(url=site.url(path)))
    browser.observe()  # the page that says so is there, and does not come in between the next one
    assert asked_elsewhere(site) == []
    assert (HERE, "/away") in site.asked


def test_nothing_is_fetched_before_it_is_asked_for(browser, site, elsewhere, wait_until):
    rules = {
        kind: [{"source": "list", "urls": [elsewhere, "/away"], "eagerness": "immediate"}]
        for kind in ("prefetch", "prerender")
    }
    page = site.page(
        "/ahead",
        f"""tell('');</script><script type=speculationrules>{json.dumps(rules)}</script>
        <img src=/slow/picture onerror="tell('later')">""",
    )
    with Browser(viewport=(400, 300)) as unfenced:  # where nothing keeps it from it, it does fetch
        unfenced.execute(Navigate(url=page))
        wait_until(lambda: (HERE, "/away") in site.asked)
    site.asked.clear()
    browser.execute(Navigate(url=page))
    wait_until(lambda: site.told(browser) == "later")
    assert asked_elsewhere(site) == []
    assert (HERE, "/away") not in site.asked


def test_pages_of_this_host_and_pictures_of_others_come(browser, site, elsewhere, wait_until):
    site.pages["/inside"] = "<script>parent.postMessage('inside', '*')</script>"
    picture = site.url("/picture", ELSEWHERE)
    page = site.page(
        "/pictures",
        f"""tell(''); onmessage = e => tell(e.data);</script><img src='{picture}'><iframe src=/inside></iframe>""",
    )
    browser.execute(Navigate(url=page))
    wait_until(lambda: site.told(browser) == "inside")
    wait_until(lambda: asked_elsewhere(site) == ["/picture"])


def test_settings_of_a_profile_stay_and_unreadable_ones_are_refused(tmp_path):
    path = tmp_path / "Default" / "Preferences"
    path.parent.mkdir()
    path.write_text('{"net": {"x": 1}, "a": "ü"}', encoding="utf-8")
    forgo_preloading(tmp_path)
    kept = {"net": {"x": 1, "network_prediction_options": 2}, "a": "ü"}
    assert json.loads(path.read_text(encoding="utf-8")) == kept
    for unreadable in ("[]", '{"net": 1}', "{"):
        path.write_text(unreadable)
        with pytest.raises(EnvUnavailable, match=r"settings of the browser's profile"):
            forgo_preloading(tmp_path)
