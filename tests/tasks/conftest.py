"""Guests that are played by a table of answers, with a real Chromium for which the test has made every site."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import pytest

from envs.chromium import FLAGS, find_browser, is_root
from envs.guest_client import GuestClient
from envs.guest_routes import Answer
from tasks.downloads import Downloads
from tasks.guest import Guest, Ports


@pytest.fixture
def playing(serving, tmp_path) -> Iterator[Callable[..., Guest]]:
    """A guest that is played by a table of answers: JSON by method and path, or a function of what is asked."""
    with ExitStack() as opened:

        def play(platform="Linux", **answers):
            program = {"output": platform, "error": "", "returncode": 0}
            table = {("POST", "/execute"): lambda _: Answer(json=program)}
            for route, answer in answers.items():
                method, _, path = route.partition("_")
                handler = answer if callable(answer) else lambda _, answer=answer: Answer(json=answer)
                table[method, f"/{path}"] = handler
            address = opened.enter_context(serving(table))
            machine = opened.enter_context(GuestClient(address, token="secret"))
            return Guest(machine, tmp_path / "task", Downloads(tmp_path / "downloads", offline=True))

        yield play


class Web(NamedTuple):
    """All the sites that the browser knows."""

    port: int
    pages: dict[str, str]
    """HTML by address without a query: "https://shop.example/a"."""
    asked: list[str]
    """Addresses in order."""


@pytest.fixture(scope="session")
def every_site(tmp_path_factory) -> Iterator[Web]:
    """A server that is every site, with a certificate that nobody has signed."""
    folder = tmp_path_factory.mktemp("site")
    web = Web(0, {}, [])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            address = f"https://{self.headers['Host']}{self.path}"
            web.asked.append(address)
            page = web.pages.get(address.partition("?")[0])
            body = (page or "There is no such page.").encode()
            self.send_response(404 if page is None else 200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_):
            """The browser calls home without TLS, and hangs up."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(folder / "site.pem"))
    with Server(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield web._replace(port=server.server_port)
        server.shutdown()


def _certificate(path):
    """A key and its certificate for the host example, in one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="session")
def chromium(every_site, tmp_path_factory, wait_until) -> Callable[..., AbstractContextManager[int]]:
    """Starts a Chromium to which every host is `every_site`; gives its debugging port."""

    @contextmanager
    def run(port=0):
        folder = tmp_path_factory.mktemp("chromium")
        command = [
            str(find_browser(None, None)), *FLAGS, *(["--no-sandbox"] if is_root() else []), "--headless=new",
            f"--user-data-dir={folder}", f"--remote-debugging-port={port}", "--ignore-certificate-errors",
            f"--host-resolver-rules=MAP * 127.0.0.1:{every_site.port}", "about:blank",
        ]  # fmt: skip
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                told = folder / "DevToolsActivePort"  # which it writes when it has chosen the port itself
                if port:
                    wait_until(lambda: listens(port), 60)
                else:
                    wait_until(lambda: told.exists() and len(told.read_text().split()) == 2, 60)
                yield port or int(told.read_text().split()[0])
            finally:
                process.kill()

    return run


@pytest.fixture(scope="session")
def debugged_chromium(chromium) -> Iterator[int]:
    """The debugging port of a Chromium that all tests share."""
    with chromium() as port:
        yield port


@pytest.fixture
def browsing(playing, debugged_chromium, every_site) -> Iterator[Callable[..., Guest]]:
    """A guest with that Chromium, in which the pages are open that are given; the last one is in front."""
    from playwright.sync_api import sync_playwright

    def browse(*urls: str) -> Guest:
        with sync_playwright() as playwright:
            context = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{debugged_chromium}").contexts[0]
            first, *others = context.pages
            for page in others:
                page.close()
            first.goto("about:blank")
            for number, url in enumerate(urls):
                (first if number == 0 else context.new_page()).goto(url)
        bar = urls[-1].removeprefix("https://").replace("&", "&amp;") if urls else ""
        tree = (
            '<desktop-frame><application name="Google Chrome"><entry name="Address and search bar">'
            f"{bar}</entry></application></desktop-frame>"
        )
        guest = playing(GET_accessibility={"AT": tree})
        return Guest(guest.machine, guest.folder, guest.downloads, Ports(chromium=debugged_chromium))

    yield browse
    every_site.pages.clear()
    every_site.asked.clear()
