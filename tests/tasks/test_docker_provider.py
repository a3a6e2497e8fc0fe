"""OSWorld's machine in Docker, at the seam to the `docker` command: the image and QEMU are not here."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tasks.docker_provider import DockerProvider, container_name
from tasks.providers import ResetFailed
from tasks.schema import Task

TASK = Task.model_validate({"id": "x", "instruction": "Do it.", "evaluator": {"func": "infeasible"}})
# Keeps its containers in a file beside it, and every command line that it was called with.
DOCKER = """#!{python}
import json, pathlib, sys
here = pathlib.Path(__file__).parent
with (here / "called").open("a") as called:
    called.write(json.dumps(sys.argv[1:]) + "\\n")
state = here / "containers"
there = state.read_text().split() if state.exists() else []
match sys.argv[1:]:
    case ["ps", "--all", "--quiet", "--filter", name]:
        wanted = name.removeprefix("name=^/?").removesuffix("$")
        print("\\n".join("0123456789ab" for each in there if each == wanted))
    case ["run", *words]:
        if (here / "broken").exists():
            sys.exit("docker: no such image")
        state.write_text(" ".join([*there, words[words.index("--name") + 1]]))
        print("0123456789ab")
    case ["port", name, port]:
        assert name in there
        print({{"5000/tcp": "127.0.0.1:{server}", "9222/tcp": "127.0.0.1:49222", "8080/tcp": "127.0.0.1:49080"}}[port])
    case ["rm", "--force", "--volumes", name]:
        state.write_text(" ".join(each for each in there if each != name))
    case _:
        sys.exit("docker: unknown command")
"""


@pytest.fixture
def provider(tmp_path):
    docker = tmp_path / "docker"
    docker.write_text(DOCKER.format(python=sys.executable, server=5000))
    docker.chmod(0o755)
    (tmp_path / "Ubuntu.qcow2").touch()
    return DockerProvider(tmp_path / "Ubuntu.qcow2", "deixis-0", docker=str(docker), kvm=tmp_path / "kvm")


def containers(provider):
    state = Path(provider.docker).parent / "containers"
    return state.read_text().split() if state.exists() else []


def called(provider):
    return [json.loads(line) for line in (Path(provider.docker).parent / "called").read_text().splitlines()]


def test_each_machine_is_a_new_container_from_a_disk_that_stays_as_it_is(provider):
    for _ in range(2):
        with provider.machine(TASK) as machine:
            assert containers(provider) == ["deixis-0"]
            assert (machine.address, machine.ports.chromium, machine.ports.vlc) == ("127.0.0.1:5000", 49222, 49080)
            assert machine.start_s == 300.0
        assert containers(provider) == []
    started = [words for words in called(provider) if words[0] == "run"]
    assert started == [
        [
            "run", "--detach", "--name", "deixis-0", "--cap-add", "NET_ADMIN", "--env", "KVM=N",
            "--env", "DISK_SIZE=32G", "--env", "RAM_SIZE=4G", "--env", "CPU_CORES=4",
            "--volume", f"{provider.disk}:/System.qcow2:ro",
            "--publish", "127.0.0.1::5000", "--publish", "127.0.0.1::9222", "--publish", "127.0.0.1::8080",
            "happysixd/osworld-docker",
        ]
    ] * 2  # fmt: skip


def test_virtualisation_of_the_processor_is_used_where_it_is_there(provider):
    provider.kvm.touch()
    words = provider.command
    assert words[words.index("--device") + 1] == str(provider.kvm)
    assert "KVM=N" not in words


def test_what_a_killed_run_left_behind_goes_first(provider):
    with pytest.raises(RuntimeError), provider.machine(TASK):
        raise RuntimeError
    assert containers(provider) == []
    (Path(provider.docker).parent / "containers").write_text("others deixis-0 deixis-01")
    with provider.machine(TASK):
        assert containers(provider) == ["others", "deixis-01", "deixis-0"]
    assert containers(provider) == ["others", "deixis-01"]


def test_what_is_missing_is_named(provider, tmp_path):
    (tmp_path / "broken").touch()
    with pytest.raises(ResetFailed, match="docker: no such image"), provider.machine(TASK):
        pass
    absent = DockerProvider(provider.disk, "deixis-0", docker="nodocker")
    with pytest.raises(ResetFailed, match="nodocker is not installed"), absent.machine(TASK):
        pass
    with pytest.raises(ResetFailed, match="There is no disk"), DockerProvider(tmp_path / "no.qcow2", "x").machine(TASK):
        pass


def test_a_run_that_goes_on_has_the_same_names_and_another_run_has_others(tmp_path):
    names = [container_name(tmp_path / "run", 0), container_name(tmp_path / "run", 1), container_name(tmp_path, 0)]
    assert len(set(names)) == 3
    assert container_name(tmp_path / "x" / ".." / "run", 0) == names[0]
