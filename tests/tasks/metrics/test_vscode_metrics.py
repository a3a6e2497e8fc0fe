from __future__ import annotations

import os
from pathlib import Path

import pytest

from tasks.errors import EvaluationFailed, MissingLibrary
from tasks.metrics import vscode
from tasks.metrics.locked_python import score_of

BINDING = {"key": "ctrl+j", "command": "focus", "when": "terminalFocus"}


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ('[{"key": "ctrl+j", "command": "focus", "when": "terminalFocus"}]', 1.0),
        ('// a comment\n[{"when": "terminalFocus", "key": "ctrl+j", "command": "focus"}, {}]', 1.0),
        ('[{"key": "ctrl+j", "command": "focus"}]', 0.0),
        ('{"key": "ctrl+j"}', 0.0),
        ("not JSON", 0.0),
        ("", 0.0),
    ],
)
def test_key_bindings(tmp_path: Path, text: str, score: float):
    path = tmp_path / "keybindings.json"
    path.write_text(text)
    assert vscode.check_json_keybindings(str(path), {"expected": BINDING}) == score
    assert vscode.check_json_keybindings(None, {"expected": BINDING}) == 0.0


@pytest.mark.parametrize(
    ("printed", "contain", "not_contain"), [("a\nms-python.python\n", 1.0, 0.0), ("a\n", 0.0, 1.0), (None, 0.0, 0.0)]
)
def test_extensions_that_a_command_lists(printed: str | None, contain: float, not_contain: float):
    rule = {"expected": "ms-python.python"}
    assert vscode.is_extension_installed(printed, {"type": "contain", **rule}) == contain
    assert vscode.is_extension_installed(printed, {"type": "not_contain", **rule}) == not_contain


def test_an_unknown_type_is_the_tasks_fault():
    with pytest.raises(EvaluationFailed, match="'shape'"):
        vscode.is_extension_installed("", {"type": "shape", "expected": ""})


@pytest.mark.parametrize(
    ("found", "expected", "score"),
    [
        ("The answer is 3.5 metres", "3.5", 1.0),
        ("3.50001", "3.5", 1.0),
        ("3.50011", "3.4", 0.0),
        (" a text\n", "a text", 1.0),
        ("a text and more", "a text", 0.0),
        ("", "3.5", 0.0),
    ],
)
def test_result_files(tmp_path: Path, found: str, expected: str, score: float):
    (tmp_path / "found").write_text(found)
    (tmp_path / "expected").write_text(expected)
    assert vscode.compare_result_files(str(tmp_path / "found"), str(tmp_path / "expected")) == score
    assert vscode.compare_result_files(None, str(tmp_path / "expected")) == 0.0


def suite(folder: Path, test: str, code: str = "def double(x):\n    return 2 * x\n") -> float:
    (folder / "solution.py").write_text(code)
    (folder / "test_suite.py").write_text(test)
    return vscode.check_python_file_by_test_suite(str(folder / "solution.py"), str(folder / "test_suite.py"))


@pytest.mark.parametrize(
    ("returned", "score"),
    [("double(2) == 4", 1.0), ("double(2) == 5", 0.0), ("0.25", 0.25), ("7", 1.0), ("-1", 0.0), ("'yes'", 1.0)],
)
def test_what_a_suite_returns_is_the_score(tmp_path: Path, returned: str, score: float):
    assert suite(tmp_path, f"from solution import double\ndef test():\n    return {returned}\n") == score


@pytest.mark.parametrize(
    "test", ["def test(:", "import nowhere", "x = 1", "def test():\n    1 / 0", "def test():\n    raise SystemExit"]
)
def test_a_suite_that_fails_scores_nothing(tmp_path: Path, test: str):
    assert suite(tmp_path, test) == 0.0


def test_what_the_code_prints_is_no_score(tmp_path: Path):
    assert suite(tmp_path, "import solution\ndef test():\n    return False", "print(1)") == 0.0


@pytest.mark.parametrize("said", ["", "null", "[1]", "{}", '"numpy"'])
def test_an_answer_that_is_no_number_is_no_score(tmp_path: Path, said: str):
    test = f"""
import contextlib, os
def test():
    for descriptor in range(3, 10):
        with contextlib.suppress(OSError):
            os.write(descriptor, {said.encode()!r})
    os._exit(0)
"""
    assert suite(tmp_path, test) == 0.0


def test_a_library_that_the_tasks_code_needs_is_no_fault_of_the_agent(tmp_path: Path):
    with pytest.raises(MissingLibrary, match=r"needs pygame.*deixis\[osworld\]"):
        suite(tmp_path, "def test():\n    raise ModuleNotFoundError(name='pygame')\n")


def test_a_game_can_be_tested(tmp_path: Path):
    pytest.importorskip("pygame")
    game = """
import random, pygame
pygame.init()
screen = pygame.display.set_mode((200, 100))
clock = pygame.time.Clock()
def play():
    for _ in range(3):
        pygame.event.get()
        screen.fill((random.randint(0, 255), 0, 0))
        screen.blit(pygame.font.Font(None, 20).render("Score", True, (255, 255, 255)), (0, 0))
        pygame.draw.rect(screen, (0, 255, 0), (50, 50, 20, 20))
        pygame.display.flip()
        clock.tick(60)
    return screen.get_at((60, 60))[:3] == (0, 255, 0)
"""
    assert suite(tmp_path, "from solution import play\ndef test():\n    return play()\n", game) == 1.0


def test_another_function_can_be_called(tmp_path: Path):
    (tmp_path / "test_suite.py").write_text("def check():\n    return True\n")
    test_file = str(tmp_path / "test_suite.py")
    assert vscode.check_python_file_by_test_suite([None], test_file, test_function_name="check") == 1.0
    assert vscode.check_python_file_by_test_suite(None, None) == 0.0


def test_a_suite_without_an_end_is_ended(tmp_path: Path):
    test = tmp_path / "test_suite.py"
    test.write_text("def test():\n    while True:\n        pass\n")
    assert score_of(test, "test", [], time_limit_s=1.0) == 0.0


@pytest.mark.parametrize(
    "escape",
    [
        "open('{outside}').read()",
        "open('{outside}', 'w')",
        "__import__('os').remove('{outside}')",
        "__import__('os').listdir('{folder}')",
        "__import__('os').rename('{outside}', 'mine')",
        "__import__('os').symlink('{outside}', 'link') or open('link').read()",
        "__import__('os').system('true')",
        "__import__('os').fork()",
        "__import__('os').kill({pid}, 0)",
        "__import__('subprocess').run(['true'])",
        "__import__('socket').create_connection(('127.0.0.1', 9))",
        "__import__('ctypes').CDLL('libc.so.6')",
        "__import__('ctypes').pythonapi.Py_GetVersion()",
        "__import__('os').environ['SECRET']",
    ],
)
def test_the_code_cannot_get_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, escape: str):
    monkeypatch.setenv("SECRET", "secret")
    outside = tmp_path / "outside" / "file.txt"
    outside.parent.mkdir()
    outside.write_text("kept")
    attempt = escape.format(outside=outside, folder=outside.parent, pid=os.getpid())
    refused = f"""
def test():
    try:
        {attempt}
    except (PermissionError, KeyError):
        return 0.5
    return 1.0
"""
    assert suite(tmp_path, refused) == 0.5
    assert outside.read_text() == "kept"


def test_the_code_can_use_its_own_folder_and_libraries(tmp_path: Path):
    test = """
import os, json, random, tempfile, threading, numpy
def test():
    with open("mine.txt", "w") as file:
        file.write("1")
    os.rename("mine.txt", "yours.txt")
    with tempfile.TemporaryFile() as file:
        file.write(b"1")
    return os.path.exists("yours.txt") and not os.path.exists("mine.txt")
"""
    assert suite(tmp_path, test) == 1.0
