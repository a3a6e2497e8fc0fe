"""Files of the web on this machine: fetched once, kept whole, and taken from a mirror where there is no network.

A benchmark's tasks name 662 files on one host. Each is kept under a name made of its address, as OSWorld names them in
its own cache (`<uuid5 of the address>_<file name>`), so that such a cache can be used as it is.
"""

from __future__ import annotations

import shutil
import tempfile
import uuid
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from tasks.errors import InfrastructureError

FETCH_S: Final = 300.0
TRIES: Final = 3


class DownloadFailed(InfrastructureError):
    """Raised when a file cannot be had."""


class Downloads:
    """A folder of fetched files, which several processes may share."""

    def __init__(self, folder: Path, *, offline: bool = False) -> None:
        """Use a folder.

        Args:
            folder: made when a file comes.
            offline: never ask the network.
        """
        self._folder = folder
        self._offline = offline

    def get(self, url: str, name: str | None = None) -> Path:
        """A file, fetched if it is not there yet.

        Args:
            url: its address.
            name: what it is called; by default as its address does.

        Raises:
            DownloadFailed: it is not there and cannot be fetched.
        """
        path = self.path_of(url, name)
        if not path.exists():
            if self._offline:
                raise DownloadFailed(f"{url} is not in {self._folder}, and the network is not to be asked.")
            self._fetch(url, path)
        return path

    def path_of(self, url: str, name: str | None = None) -> Path:
        """Where a file is, or will be."""
        name = name or Path(unquote(urlsplit(url).path)).name or "file"
        return self._folder / f"{uuid.uuid5(uuid.NAMESPACE_URL, url)}_{name}"

    def copy(self, url: str, to: Path) -> Path:
        """A file under a name of its own, which may be changed."""
        return Path(shutil.copyfile(self.get(url), to))

    def _fetch(self, url: str, path: Path) -> None:
        """Fetch a file whole or not at all; what fails for a moment is tried again."""
        import httpx2
        from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as part:
            try:
                for attempt in Retrying(
                    retry=retry_if_exception(_may_pass),
                    stop=stop_after_attempt(TRIES),
                    wait=wait_exponential(multiplier=0.5, max=10),
                    reraise=True,
                ):
                    with attempt, httpx2.stream("GET", url, follow_redirects=True, timeout=FETCH_S) as reply:
                        part.seek(0)
                        part.truncate()
                        reply.raise_for_status()
                        for chunk in reply.iter_bytes():
                            part.write(chunk)
                part.flush()
                Path(part.name).replace(path)
            except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
                Path(part.name).unlink(missing_ok=True)
                raise DownloadFailed(f"{url} cannot be fetched: {error}") from error
            except BaseException:
                Path(part.name).unlink(missing_ok=True)
                raise


def _may_pass(error: BaseException) -> bool:
    """Whether trying again may help: the network, or a server that is busy."""
    import httpx2

    if isinstance(error, httpx2.HTTPStatusError):
        return error.response.status_code in (408, 429) or error.response.status_code >= 500
    return isinstance(error, httpx2.TransportError)
