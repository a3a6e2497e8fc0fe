"""The screen as QEMU draws it: at the seam to QEMU's monitor, which a server of the same protocol stands in for."""

from __future__ import annotations

import json
import socketserver
import threading
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image

import envs.remote
from envs.base import EnvUnavailable
from envs.qemu_monitor import QemuMonitor
from envs.remote import RemoteDesktop
from envs.settle import Patience

GREETING = {"QMP": {"version": {"qemu": {"micro": 0, "minor": 2, "major": 8}}, "capabilities": ["oob"]}}


@contextmanager
def monitor(answer, greeting=GREETING):
    """A monitor that answers a command after its negotiation as it is told; gives its address."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            self.tell(greeting)
            negotiated = False
            for line in self.rfile:
                asked = json.loads(line)
                if asked["execute"] == "qmp_capabilities":
                    negotiated = True
                    self.tell({"return": {}})
                elif not negotiated:
                    self.tell({"error": {"class": "CommandNotFound", "desc": "Expecting capabilities negotiation"}})
                else:
                    # Between command and answer it tells what happens.
                    self.tell({"event": "RTC_CHANGE", "data": {"offset": 0}, "timestamp": {"seconds": 1}})
                    self.tell(answer(asked["execute"], asked.get("arguments", {})))

        def tell(self, message):
            self.wfile.write(json.dumps(message).encode() + b"\r\n")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def draws(shade):
    """A machine whose screen is of one colour."""

    def answer(command, arguments):
        assert command == "screendump"
        assert arguments["format"] == "png"
        Image.fromarray(np.full((90, 160, 3), shade, np.uint8)).save(arguments["filename"])
        return {"return": {}}

    return answer


def test_the_screen_is_a_png(tmp_path):
    with monitor(draws(77)) as address:
        screen = QemuMonitor(address)
        for _ in range(2):
            assert screen.screenshot().startswith(b"\x89PNG")
        screen.close()
    assert list(tmp_path.iterdir()) == []


def test_what_goes_wrong_is_said(tmp_path):
    def refuses(command, arguments):
        return {"error": {"class": "GenericError", "desc": "no console"}}

    def writes_elsewhere(command, arguments):
        return {"return": {}}

    with pytest.raises(EnvUnavailable, match="cannot be reached"):
        QemuMonitor("127.0.0.1:9")
    with pytest.raises(EnvUnavailable, match="cannot be reached"):
        QemuMonitor("nowhere")
    with monitor(refuses, greeting={"hello": "there"}) as address, pytest.raises(EnvUnavailable, match="no QEMU"):
        QemuMonitor(address)
    for answer, words in ((refuses, "no console"), (writes_elsewhere, "cannot be read")):
        with monitor(answer) as address:
            screen = QemuMonitor(address)
            with pytest.raises(EnvUnavailable, match=words):
                screen.screenshot()
            screen.close()


def test_a_published_guest_is_seen_from_outside(guest_server, monkeypatch):
    monkeypatch.setattr(envs.remote, "_description", lambda guest: None)
    with (
        monitor(draws(77)) as address,
        RemoteDesktop(
            guest_server.address, token=guest_server.token, monitor=address, patience=Patience(quiet_s=0.05)
        ) as desktop,
    ):
        frame = desktop.observe().frame
        assert frame.pixels.shape == (90, 160, 3)
        assert (frame.pixels == 77).all()
    with pytest.raises(EnvUnavailable, match="QEMU's monitor"):
        RemoteDesktop(guest_server.address, token=guest_server.token, monitor="127.0.0.1:9")
