"""What tasks need, and what of it is not available here. Reads task files only; asks no machine and no network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from pydantic import JsonValue

from tasks.schema import Task
from tasks.setup_schema import CloseTabs, Download, Login, OpenTabs, PrepareDrive, UploadToDrive

_FROM_WEB = frozenset({"cloud_file", "pdf_from_url"})
"""Getters whose `path` is an address on the web."""
_SITES = frozenset({"page_info", "info_from_website"})
"""Getters whose `url` is a page."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What one task needs."""

    task: Task
    steps: frozenset[str]
    getters: frozenset[str]
    metrics: frozenset[str]
    files: frozenset[str]
    """Addresses of files that are fetched by this machine."""
    sites: frozenset[str]
    """Hosts of live pages that the guest's browser opens, and accounts."""
    missing: tuple[str, ...]
    """What is not available here, as "metric NAME", "getter NAME" or "set-up step NAME"."""

    @property
    def hosts(self) -> frozenset[str]:
        """Where the files are."""
        return frozenset(urlsplit(url).netloc for url in self.files)


def needs_of(task: Task, steps: Collection[str], getters: Collection[str], metrics: Collection[str]) -> Needs:
    """Say what a task needs.

    Args:
        task: the task.
        steps: the kinds of set-up steps that there are here.
        getters: the names of the getters that there are here.
        metrics: the names of the metrics that there are here.
    """
    used_steps = frozenset(step.type for step in task.steps)
    used_getters = frozenset(call.type for call in task.getters)
    used_metrics = frozenset(check.func for check in task.evaluator.checks)
    missing = [
        f"{what} {name}"
        for what, used, there in (
            ("set-up step", used_steps, steps), ("getter", used_getters, getters), ("metric", used_metrics, metrics)
        )
        for name in sorted(used)
        if name not in there
    ]  # fmt: skip
    return Needs(
        task, used_steps, used_getters, used_metrics, frozenset(_files(task)), frozenset(_sites(task)), tuple(missing)
    )


def _files(task: Task) -> Iterator[str]:
    for step in task.steps:
        if isinstance(step, Download):
            yield from (file.url for file in step.files)
        elif isinstance(step, PrepareDrive):
            yield from (each.url for each in step.operations if isinstance(each, UploadToDrive))
    for call in task.getters:
        if call.type in _FROM_WEB:
            yield from _texts(call.config.get("path"))


def _sites(task: Task) -> Iterator[str]:
    for step in task.steps:
        if isinstance(step, OpenTabs):
            yield from (_host(url) for url in step.urls_to_open)
        elif isinstance(step, CloseTabs):
            yield from (_host(url) for url in step.urls_to_close)
        elif isinstance(step, PrepareDrive | Login):
            yield "a Google account"
    for call in task.getters:
        if call.type in _SITES:
            yield from (_host(url) for url in _texts(call.config.get("url")))
        elif call.type == "googledrive_file":
            yield "a Google account"


def _host(url: str) -> str:
    return urlsplit(url if "://" in url else f"https://{url}").netloc


def _texts(value: JsonValue) -> Iterable[str]:
    return [value] if isinstance(value, str) else cast(list[str], value) if isinstance(value, list) else []


@dataclass(frozen=True, slots=True)
class Overview:
    """What the tasks of a benchmark need together: how many tasks need each thing, the most needed first."""

    tasks: int
    available: int
    """Tasks of which nothing is missing."""
    steps: tuple[tuple[str, int], ...]
    getters: tuple[tuple[str, int], ...]
    metrics: tuple[tuple[str, int], ...]
    apps: tuple[tuple[str, int], ...]
    hosts: tuple[tuple[str, int], ...]
    sites: tuple[tuple[str, int], ...]
    missing: tuple[tuple[str, int], ...]
    without_network: int
    """Tasks that fetch no file and open no live page."""
    files: int
    """Different files that are fetched."""


def overview(needs: Collection[Needs]) -> Overview:
    """Count what tasks need."""

    def counted(of: Callable[[Needs], Iterable[str]]) -> tuple[tuple[str, int], ...]:
        counts = Counter(name for each in needs for name in set(of(each)))
        return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))

    return Overview(
        tasks=len(needs),
        available=sum(not each.missing for each in needs),
        steps=counted(lambda each: each.steps),
        getters=counted(lambda each: each.getters),
        metrics=counted(lambda each: each.metrics),
        apps=counted(lambda each: each.task.related_apps),
        hosts=counted(lambda each: each.hosts),
        sites=counted(lambda each: each.sites),
        missing=counted(lambda each: each.missing),
        without_network=sum(not each.files and not each.sites for each in needs),
        files=len({file for each in needs for file in each.files}),
    )
