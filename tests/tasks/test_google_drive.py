"""Google Drive: the real library talks to an account that is played where it would open a connection."""

from __future__ import annotations

import email
import itertools
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from envs.guest_client import GuestClient
from tasks.downloads import Downloads
from tasks.errors import MissingLibrary
from tasks.getters import GETTERS
from tasks.google_drive import FOLDER, DriveFailed, GoogleDrive
from tasks.guest import Guest
from tasks.metrics import METRICS
from tasks.schema import Task
from tasks.setup_steps import carry_out

httplib2 = pytest.importorskip("httplib2")


class Account:
    """Drive's version 2, as far as it is used."""

    def __init__(self) -> None:
        self.files: dict[str, dict] = {}
        self.asked: list[tuple[str, str]] = []
        self.broken = 0
        """Requests that are answered by an error of the server."""
        self._ids = map("id{}".format, itertools.count(1))

    def put(self, title, content=b"", parent="root", **more):
        file = {"id": next(self._ids), "title": title, "mimeType": "text/plain", "trashed": False, "parent": parent,
                "content": content, "downloadUrl": "there"} | more  # fmt: skip
        self.files[file["id"]] = file
        return file["id"]

    @property
    def titles(self):
        return [file["title"] for file in self.files.values() if not file["trashed"]]

    def __call__(self, _http, uri, method="GET", body=None, headers=None, **_):
        parts, query = urlsplit(uri), parse_qs(urlsplit(uri).query)
        self.asked.append((method, parts.path))
        if parts.netloc == "oauth2.googleapis.com":
            told = parse_qs(body.decode() if isinstance(body, bytes) else body)
            good = told["refresh_token"] == ["secret-refresh"]
            return self.answer({"access_token": "short", "expires_in": 3600} if good else {"error": "invalid_grant"},
                               200 if good else 400)  # fmt: skip
        assert headers["authorization"] == "Bearer short"
        if self.broken:
            self.broken -= 1
            return self.answer({"error": {"code": 503, "message": "busy"}}, 503)
        route = parts.path.removeprefix("/upload").removeprefix("/drive/v2/files")
        match method, route.strip("/").split("/"):
            case "GET", [""]:
                found = [file for file in self.files.values() if self.fits(file, query["q"][0])]
                begin = int(query.get("pageToken", ["0"])[0])  # pages of one file
                shown = [{k: v for k, v in file.items() if k not in ("content", "parent")} for file in found[begin:]]
                more = {"nextPageToken": str(begin + 1)} if len(shown) > 1 else {}
                return self.answer({"items": shown[:1]} | more)
            case "GET", [identity]:
                return self.answer(self.files[identity]["content"])
            case "GET", [identity, "export"]:
                return self.answer(f"{self.files[identity]['title']} as {query['mimeType'][0]}".encode())
            case "POST", [""]:
                content = b""
                if parts.path.startswith("/upload"):
                    message = email.message_from_bytes(f"Content-Type: {headers['content-type']}\n\n".encode() + body)
                    body, content = (part.get_payload(decode=True) for part in message.get_payload())
                told = json.loads(body)
                made = self.put(told.pop("title"), content, told.pop("parents")[0]["id"], **told)
                return self.answer(self.files[made])
            case "POST", [identity, "trash"]:
                self.files[identity]["trashed"] = True
                return self.answer({})
            case "DELETE", [identity]:
                del self.files[identity]
                return self.answer(b"", 204)
        return self.answer({}, 404)

    @staticmethod
    def answer(told, status=200):
        kind = "application/octet-stream" if isinstance(told, bytes) else "application/json"
        if not isinstance(told, bytes):
            told = json.dumps({k: v for k, v in told.items() if k != "content"}).encode()
        return httplib2.Response({"status": status, "content-type": kind}), told

    def fits(self, file, query):
        """Drive's queries are SQL but for two words."""
        query = re.sub(r"'(\w+)' in parents", r"parent = '\1'", query).replace("\\'", "''")
        with closing(sqlite3.connect(":memory:")) as database:
            database.execute("CREATE TABLE files (title, mimeType, trashed, parent)")
            row = [file[name] for name in ("title", "mimeType", "trashed", "parent")]
            database.execute("INSERT INTO files VALUES (?, ?, ?, ?)", row)
            return database.execute(f"SELECT * FROM files WHERE {query}").fetchone() is not None


@pytest.fixture
def account(monkeypatch) -> Account:
    account = Account()
    monkeypatch.setattr(httplib2.Http, "request", lambda *args, **options: account(*args, **options))
    return account


@pytest.fixture
def settings(tmp_path) -> str:
    """A settings file as PyDrive has it, beside the token that PyDrive has kept."""
    token = tmp_path / "credentials.json"
    token.write_text(json.dumps({
        "access_token": "old", "client_id": "me", "client_secret": "mine", "refresh_token": "secret-refresh",
        "token_expiry": "2024-01-01T00:00:00Z", "token_uri": "https://elsewhere.example", "_class": "OAuth2Credentials",
    }))  # fmt: skip
    path = tmp_path / "settings.yml"
    path.write_text(f"client_config_backend: file\nsave_credentials: True\nsave_credentials_file: {token}\n")
    return str(path)


@pytest.fixture
def guest(tmp_path) -> Guest:
    with GuestClient("127.0.0.1:9") as nowhere:
        yield Guest(nowhere, tmp_path / "task", Downloads(tmp_path / "downloads", offline=True))


def set_up(guest, settings, *operations):
    names, told = [name for name, _ in operations], [args for _, args in operations]
    step = {"type": "googledrive", "parameters": {"settings_file": settings, "operation": names, "args": told}}
    check = {"func": "exact_match", "result": {"type": "vm_command_line", "command": "true"}}
    carry_out(guest, Task(id="t", instruction="Do it.", config=[step], evaluator=check).config)


def test_an_account_is_brought_into_its_first_state(account, settings, guest):
    forms = account.put("forms", mimeType=FOLDER)
    account.put("form.pdf", parent=forms)
    account.put("form.pdf")
    account.put("mine.pdf")
    cached = guest.downloads.path_of("https://files.example/invoice.pdf")
    cached.parent.mkdir()
    cached.write_bytes(b"invoice")
    set_up(
        guest, settings,
        ("delete", {"query": "title = 'form.pdf' or title = 'forms'", "trash": False}),
        ("mkdirs", {"path": ["meetings", "may's"]}),
        ("upload", {"url": "https://files.example/invoice.pdf", "path": ["meetings", "invoice.pdf"]}),
    )  # fmt: skip
    assert account.titles == ["mine.pdf", "meetings", "may's", "invoice.pdf"]
    meetings, inner, invoice = list(account.files.values())[1:]
    assert (meetings["parent"], inner["parent"], invoice["parent"]) == ("root", meetings["id"], meetings["id"])
    assert invoice["content"] == b"invoice"
    set_up(guest, settings, ("delete", {"query": "title = 'mine.pdf'", "trash": True}))
    assert "mine.pdf" not in account.titles
    assert len(account.files) == 4


def test_files_are_fetched_by_path_and_by_query(account, settings, guest):
    folder = account.put("figures", mimeType=FOLDER)
    account.put("1.png", b"one", parent=folder)
    account.put("1.png", b"elsewhere")
    account.put("2.png", b"old", parent=folder, trashed=True)

    def get(**config):
        return GETTERS["googledrive_file"](guest, {"settings_file": settings} | config)

    one = get(path=["figures", "1.png"], dest="1.png")
    assert one == str(guest.folder / "1.png")
    assert Path(one).read_bytes() == b"one"
    assert get(path="none.png", dest="none.png") is None
    several = get(path_list=[["figures", "1.png"], ["figures", "2.png"]], dest=["a.png", "b.png"])
    assert several == [str(guest.folder / "a.png"), None]
    assert METRICS["compare_image_list"](several, several) == 0.0
    assert METRICS["compare_pdfs"](several, several) == 0.0
    assert METRICS["check_thunderbird_folder"](several, several) == 0.0
    queries = ["title = 'figures' and 'root' in parents", "( title = '2.png' or title = '1.png' ) and trashed = false"]
    assert Path(get(query=queries, dest="q.png")).read_bytes() == b"one"
    assert get(query_list=[queries, ["title = 'x'"]], dest=["q", "x"]) == [str(guest.folder / "q"), None]
    assert account.asked.count(("POST", "/token")) == 5  # one for each use, and none is kept


def test_a_google_document_comes_in_the_format_that_its_name_asks_for(account, settings, guest):
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    links = {kind: f"https://docs.example/export?id=1&exportFormat={suffix}"
             for kind, suffix in (("application/pdf", "pdf"), (word, "docx"))}  # fmt: skip
    account.put("report", mimeType="application/vnd.google-apps.document", exportLinks=links)
    for file in account.files.values():
        del file["downloadUrl"]
    asked = {"settings_file": settings, "path": ["report"]}
    here = GETTERS["googledrive_file"](guest, asked | {"dest": "report.docx"})
    assert Path(here).read_text() == f"report as {word}"
    with pytest.raises(DriveFailed, match=r"'report\.odt'"):
        GETTERS["googledrive_file"](guest, asked | {"dest": "report.odt"})


def test_what_reads_is_repeated_and_what_changes_is_not(account, settings, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    drive = GoogleDrive.from_settings(Path(settings))
    account.broken = 2
    assert drive.find("title = 'x'") == []
    account.broken = 3
    with pytest.raises(DriveFailed, match="busy"):
        drive.find("title = 'x'")
    identity = account.put("x")
    drive.find("title = 'x'")
    monkeypatch.setattr(drive, "find", lambda _: [{"id": identity}])
    account.broken, before = 1, len(account.asked)
    with pytest.raises(DriveFailed, match="busy"):
        drive.delete("title = 'x'", trash=False)
    assert len(account.asked) == before + 1


def test_settings_that_let_nobody_in_are_one_sentence_without_a_secret(account, settings, tmp_path, monkeypatch):
    with pytest.raises(DriveFailed, match="No such file"):
        GoogleDrive.from_settings(tmp_path / "none.yml")
    (tmp_path / "empty.yml").write_text("- secret-refresh")
    with pytest.raises(DriveFailed, match="does not say how") as refused:
        GoogleDrive.from_settings(tmp_path / "empty.yml")
    token = tmp_path / "credentials.json"
    token.write_text(token.read_text().replace("client_secret", "secret-refresh"))
    with pytest.raises(DriveFailed, match="does not say how") as incomplete:
        GoogleDrive.from_settings(Path(settings))
    assert "secret-refresh" not in f"{refused.value} {incomplete.value}"
    token.write_text('{"client_id": "me", "client_secret": "mine", "refresh_token": "stale"}')
    with pytest.raises(DriveFailed, match="invalid_grant"):
        GoogleDrive.from_settings(Path(settings)).find("title = 'x'")
    monkeypatch.setitem(__import__("sys").modules, "google.oauth2.credentials", None)
    with pytest.raises(MissingLibrary, match=r"deixis\[osworld-drive\]"):
        GoogleDrive.from_settings(Path(settings))


@pytest.mark.parametrize(
    ("operation", "args", "why"),
    [(["delete"], [{"query": " "}], "should match"), (["delete"], [], "args must be a list of 1"),
     (["rename"], [{}], "rename"), (["upload"], [{"url": "u", "path": []}], "at least 1")],
)  # fmt: skip
def test_what_no_task_should_do_to_an_account_is_refused(guest, operation, args, why):
    step = {"type": "googledrive", "parameters": {"settings_file": "s", "operation": operation, "args": args}}
    with pytest.raises(ValueError, match=why):
        Task(id="t", instruction="Do it.", config=[step], evaluator={"func": "infeasible"})
