"""Signing in to Google, on pages of the test that a real browser takes for Google's."""

from __future__ import annotations

import json

import pytest

from tasks import google_login
from tasks.errors import SetUpFailed
from tasks.schema import Task
from tasks.setup_steps import carry_out

DRIVE = "https://drive.google.com/drive/my-drive"
SIGN_IN = "https://accounts.google.com/signin"
ASKS = """<form onsubmit="next(); return false"><input type=email name=email></form><script>
    function next() {
        const form = document.forms[0], given = [...form.elements].map(field => field.value);
        if (form.email.type === 'email') {
            form.insertAdjacentHTML('beforeend', '<input type=password name=password>');
            form.email.type = 'hidden';
        } else {
            location = given.join() === 'ada@example.org,secret' ? 'https://drive.google.com/drive/my-drive?in'
                : 'https://accounts.google.com/challenge';
        }
    }</script>"""


@pytest.fixture
def google(every_site):
    """Drive sends who is not signed in to the page that asks."""
    every_site.pages.update(
        {
            DRIVE: f"<script>if (!location.search) location = '{SIGN_IN}'</script>My Drive",
            SIGN_IN: ASKS,
            "https://accounts.google.com/challenge": "Prove that it is you.",
        }
    )


def sign_in(guest, path, **account):
    path.write_text(json.dumps(account))
    step = {"type": "login", "parameters": {"settings_file": str(path), "platform": "googledrive"}}
    carry_out(guest, Task(id="t", instruction="Do it.", config=[step], evaluator={"func": "infeasible"}).config)


def test_the_address_and_the_password_are_given(google, browsing, every_site, tmp_path):
    guest = browsing("https://accounts.google.com/challenge")
    sign_in(guest, tmp_path / "account.json", email="ada@example.org", password="secret")
    assert f"{DRIVE}?in" in every_site.asked
    every_site.pages[DRIVE] = "My Drive"
    every_site.asked.clear()
    sign_in(guest, tmp_path / "account.json", email="ada@example.org", password="secret")
    # Signed in already: no page of accounts is asked for. What Chrome asks for on its own account does not count.
    assert [address for address in every_site.asked if address.startswith((DRIVE, "https://accounts."))] == [DRIVE]


def test_an_account_that_is_not_let_in_is_an_error_without_the_password(google, browsing, tmp_path, monkeypatch):
    monkeypatch.setattr(google_login, "LET_IN_MS", 1_000)
    monkeypatch.setattr(google_login, "ASKED_MS", 1_000)
    guest = browsing("https://accounts.google.com/challenge")
    with pytest.raises(SetUpFailed, match=r"accounts\.google\.com.*by hand") as refused:
        sign_in(guest, tmp_path / "account.json", email="ada@example.org", password="hunter2")
    assert "hunter2" not in f"{refused.value} {refused.value.__cause__}"


@pytest.mark.parametrize("content", ['{"email": "a", "pass": "hunter2"}', "hunter2"])
def test_settings_without_an_account(content, tmp_path):
    path = tmp_path / "account.json"
    path.write_text(content)
    with pytest.raises(SetUpFailed, match="email and the password") as refused:
        google_login.Account.of(path)
    assert "hunter2" not in str(refused.value)
    with pytest.raises(SetUpFailed, match="No such file"):
        google_login.Account.of(tmp_path / "none.json")
