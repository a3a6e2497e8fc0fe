"""Signing in to a Google account in the guest's browser, as a person would, with the e-mail address and the password.

The page is Google's own, which may change, and may ask for more than a password: then there is an error, and somebody
has to sign in once by hand, in the state that the machine is brought back to.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr, ValidationError

from tasks.errors import SetUpFailed
from tasks.guest import Guest
from tasks.guest_browser import PAGE_MS, browser_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

DRIVE: Final = "https://drive.google.com/drive/my-drive"
ASKED_MS: Final = 5_000
"""How long the page may take to ask for the address, or the password: as long as OSWorld waits."""
LET_IN_MS: Final = 30_000


class Account(BaseModel):
    """Who signs in, as a settings file has it."""

    email: str
    password: SecretStr

    @classmethod
    def of(cls, settings: Path) -> Account:
        """Read a settings file.

        Raises:
            SetUpFailed: it is not there, or does not say it.
        """
        try:
            return cls.model_validate_json(settings.read_bytes())
        except OSError as error:
            raise SetUpFailed(f"The Google account of {settings} cannot be used: {error}.") from error
        except ValidationError:
            # The reason may quote the password.
            raise SetUpFailed(f"{settings} must be JSON with the email and the password of an account.") from None


def sign_in(guest: Guest, account: Account) -> None:
    """Open Drive in a new tab and sign in, unless the browser is signed in already.

    Raises:
        SetUpFailed: Google does not let the account in with a password alone, or the page does not open.
        BrowserUnreachable: the browser does not listen.
    """
    from playwright.sync_api import Error

    with browser_of(guest) as browser:
        page = browser.contexts[0].new_page()
        try:
            page.goto(DRIVE, timeout=PAGE_MS)
            if not _is_asked(page):
                return
            _give(page, "email", account.email)
            _give(page, "password", account.password.get_secret_value())
            page.wait_for_url(_is_drive, timeout=LET_IN_MS)
        except Error as error:
            # Playwright's words quote what was typed.
            raise SetUpFailed(
                f"Signing in to Google Drive ended at {urlsplit(page.url).netloc or page.url}. If Google asks for more "
                "than a password, sign in once by hand in the state that the machine is brought back to."
            ) from (None if account.password.get_secret_value() in str(error) else error)


def _is_asked(page: Page) -> bool:
    """Whether the page asks who it is, in the time that it takes to be sent there."""
    from playwright.sync_api import TimeoutError as NotInTime

    try:
        page.locator("input[type=email]").wait_for(timeout=ASKED_MS)
    except NotInTime:
        if not _is_drive(page.url):
            raise
        return False
    return True


def _give(page: Page, kind: str, value: str) -> None:
    field = page.locator(f"input[type={kind}]")
    field.fill(value, timeout=ASKED_MS)
    field.press("Enter", timeout=ASKED_MS)


def _is_drive(url: str) -> bool:
    return urlsplit(url).netloc == urlsplit(DRIVE).netloc and "/drive/" in url
