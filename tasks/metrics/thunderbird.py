"""What Thunderbird has in its profile: preferences, message filters, folders of mail.

Knows the files `prefs.js`, `msgFilterRules.dat` and mbox; knows no running Thunderbird. The semantics are those of
OSWorld's `evaluators/metrics/thunderbird.py`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import TypedDict

from tasks.metrics.files import read_text, zero_if_unreadable
from tasks.metrics.rules import Rule, matches

_PREFERENCE = re.compile(r'user_pref\("(?P<key>(?:[^"\\]|\\.)+)", (?P<value>.+)\);')
_FILTER_LINE = re.compile(r'(?P<key>\w+)="(?P<value>.*)"')
_CONDITION = re.compile(r"""\b(?:AND|OR)\ \([\w ]+,[\w ']+,(?:"(?:[^"\\]|\\.)+"|[^)]+)\)|\bALL\b""")
_SEPARATOR = re.compile(r"^From - .*\n", re.MULTILINE)
_DELETED = re.compile(r"X-Mozilla-Status: 000[89]")

_FILTER_KEYS = ("name", "enabled", "type", "action", "actionValue")


class PreferenceRules(TypedDict, total=False):
    """Names of preferences, each with what its value must be, or must not be."""

    expect: Mapping[str, Rule]
    unexpect: Mapping[str, Rule]


Filter = dict[str, str | list[str]]
"""One message filter: the entries of its lines, and all its conditions under `condition`."""


class FilterRules(TypedDict, total=False):
    """Entries that one filter must have, and entries that none may have together."""

    expect: list[Filter]
    unexpect: list[Filter]


@zero_if_unreadable
def check_thunderbird_prefs(result: str | None, rule: PreferenceRules) -> float:
    """1.0 when every preference of `rule["expect"]` is there and as it should be, and none of `unexpect` is; else 0.0.

    Args:
        result: path to `prefs.js`. Where it sets a preference twice, the last value holds.
        rule: preferences by name. A value that a rule cannot be held against is not as the rule has it.
    """
    preferences: dict[str, object] = {}
    unexpected_found = False
    expected, unexpected = rule.get("expect", {}), rule.get("unexpect", {})
    for line in read_text(result).splitlines():
        preference = _PREFERENCE.fullmatch(line.strip())
        if preference is None:
            continue
        key, written = preference["key"], preference["value"]
        if key in expected:
            preferences[key] = _literal(written)
        elif key in unexpected:
            unexpected_found |= _is(_literal(written), unexpected[key])
    as_expected = all(key in preferences and _is(preferences[key], rule) for key, rule in expected.items())
    return float(as_expected and not unexpected_found)


@zero_if_unreadable
def check_thunderbird_filter(result: str | None, rules: FilterRules) -> float:
    """1.0 when each entry of `rules["expect"]` describes one of the filters, and none of `unexpect` does; else 0.0.

    Args:
        result: path to `msgFilterRules.dat`. A filter without conditions is none; of several actions the last counts.
        rules: some of a filter's `name`, `enabled`, `type`, `action`, `actionValue`, and its `condition`, a list.
    """
    filters = _filters(read_text(result))
    all_expected = all(any(_has(each, entries) for each in filters) for entries in rules.get("expect", []))
    any_unexpected = any(_has(each, entries) for each in filters for entries in rules.get("unexpect", []))
    return float(all_expected and not any_unexpected)


@zero_if_unreadable
def check_thunderbird_folder(
    result: str | list[str | None] | None,
    reference: str | list[str],
    ignore_status: bool = False,
    ignore_keys: bool = False,
    remove_deleted: bool = True,
    remove_duplicate: bool = True,
) -> float:
    """1.0 when folders have the same messages, in any order, else 0.0.

    Args:
        result: path to an mbox file or to a single message, or a list of paths.
        reference: the same, as it should be.
        ignore_status: leave the headers `X-Mozilla-Status` and `X-Mozilla-Status2` aside.
        ignore_keys: leave the header `X-Mozilla-Keys`, the labels, aside.
        remove_deleted: leave aside what is marked as deleted and not yet removed from the file.
        remove_duplicate: count equal messages as one.
    """

    def messages(path: str | None) -> list[str]:
        found = (mail for mail in _SEPARATOR.split(read_text(path)) if mail.strip())
        kept = (mail for mail in found if not (remove_deleted and _DELETED.search(mail)))
        compared = [_without_marks(mail, ignore_status, ignore_keys) for mail in kept]
        return sorted(set(compared) if remove_duplicate else compared)

    results = result if isinstance(result, list) else [result]
    references = reference if isinstance(reference, list) else [reference]
    if len(results) != len(references):
        return 0.0
    return float(all(messages(found) == messages(wanted) for found, wanted in zip(results, references, strict=True)))


def _literal(written: str) -> object:
    """A value in JavaScript; what Thunderbird writes is JSON. None for what is not."""
    try:
        return json.loads(written)
    except json.JSONDecodeError:
        return None


def _is(value: object, rule: Rule) -> bool:
    try:
        return matches(value, rule)
    except TypeError:
        return False


def _filters(text: str) -> list[Filter]:
    filters: list[Filter] = []
    current: Filter = {}
    for line in text.splitlines():
        entry = _FILTER_LINE.fullmatch(line)
        if entry is None:
            continue
        key, value = entry["key"], _unescaped(entry["value"])
        if key == "name":
            current = {}
        if key in _FILTER_KEYS:
            current[key] = value
        elif key == "condition":
            current[key] = _CONDITION.findall(value)
            filters.append(current)
    return filters


def _unescaped(value: str) -> str:
    return value.replace('\\"', '"').replace("\\\\", "\\")


def _has(found: Filter, entries: Filter) -> bool:
    return all(key in found and found[key] == value for key, value in entries.items())


def _without_marks(mail: str, status: bool, keys: bool) -> str:
    unwanted: Iterable[str] = (["X-Mozilla-Status2?"] if status else []) + (["X-Mozilla-Keys"] if keys else [])
    for header in unwanted:
        mail = re.sub(rf"^{header}:.*\n", "", mail, flags=re.MULTILINE)
    return mail.strip()
