"""Policies: what a file may say, what its rules are met by, and fences that no spelling of an address gets around."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.episode import Limits
from agent.policy import DEFAULTS, Policy, PolicyError, Rule
from agent.ruling import Effect
from envs.actions import Action, Click, CloseTab, Drag, GoBack, Navigate, OpenTab, Press, TypeText
from envs.addresses import host_matches, host_of
from envs.base import Observation
from envs.frame import Frame

FRAME = Frame(np.zeros((100, 200, 3), np.uint8))
ON_PAGE = Observation(FRAME, title="Shop - Basket", url="https://shop.example/basket")
ON_DESKTOP = Observation(FRAME, title="notes.txt - Mousepad")
CLICK = Click(at=FRAME.point(0.25, 0.5))


def effect(policy: Policy, action: Action, seen: Observation = ON_PAGE, words: str = "") -> Effect:
    return policy.judge(action, seen, words).effect


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("""
hosts: [shop.example, "*.shop.example"]
downloads: false
secrets: {pin: [bank.example]}
default: ask
budgets: {steps: 5, seconds: 60}
rules:
  - {effect: deny, kinds: [type], text: "(?i)drop table", reason: No databases.}
  - {effect: allow, kinds: [click, scroll], region: {top: 0.2}}
""")
    policy = Policy.load(tmp_path / "policy.yaml")
    assert effect(policy, CLICK) is Effect.ALLOW
    assert effect(policy, Click(at=FRAME.point(0.25, 0.1))) is Effect.ASK
    assert policy.judge(TypeText(text="Drop table x"), ON_PAGE).reason == "No databases."
    assert policy.within(Limits(max_steps=3, max_seconds=100)) == Limits(3, 60, Limits().max_output_tokens)
    assert policy.secrets["pin"] == ("bank.example",)
    assert not policy.downloads
    (tmp_path / "empty.yaml").write_text("")
    assert Policy.load(tmp_path / "empty.yaml") == Policy()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("rules: [", "no YAML"),
        ("rules: [{effect: perhaps}]", "rules.0.effect"),
        ("rules: [{effect: deny, kinds: [explode]}]", "rules.0.kinds.0"),
        ("rules: [{effect: deny, text: '('}]", "regular expression"),
        ("hots: [a]", "hots"),
        ("- a", "its top"),
        ("a: !!python/object/apply:os.system [echo]", "no YAML"),
        ("\xff", "UTF-8"),
    ],
)
def test_a_wrong_file_gets_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "p.yaml").write_bytes(text.encode("latin-1"))
    with pytest.raises(PolicyError, match=says) as caught:
        Policy.load(tmp_path / "p.yaml")
    assert "\n" not in str(caught.value)
    with pytest.raises(PolicyError, match="nowhere"):
        Policy.load(tmp_path / "nowhere.yaml")


def test_the_first_rule_that_is_met_decides() -> None:
    policy = Policy(
        rules=(
            Rule(effect=Effect.ALLOW, windows=("*basket",)),
            Rule(effect=Effect.DENY, hosts=("*.example",)),
            Rule(effect=Effect.ASK, text="secret plan"),
        )
    )
    assert effect(policy, CLICK) is Effect.ALLOW
    assert effect(policy, CLICK, Observation(FRAME, title="x", url="https://a.example")) is Effect.DENY
    assert effect(policy, CLICK, ON_DESKTOP, "my secret plan") is Effect.ASK
    assert effect(policy, CLICK, ON_DESKTOP) is Effect.ALLOW


def test_a_region_is_met_by_either_end_of_a_drag() -> None:
    policy = Policy(rules=(Rule.model_validate({"effect": "deny", "region": {"right": 0.1}}),))
    inside, outside = FRAME.point(0.05, 0.5), FRAME.point(0.5, 0.5)
    assert effect(policy, Drag(start=inside, end=outside)) is Effect.DENY
    assert effect(policy, Drag(start=outside, end=inside)) is Effect.DENY
    assert effect(policy, Drag(start=outside, end=outside)) is Effect.ALLOW
    assert effect(policy, Press(keys=("enter",))) is Effect.ALLOW


def test_a_pattern_that_takes_for_ever_is_met_unless_it_allows() -> None:
    began = time.monotonic()
    text = TypeText(text="a" * 5000 + "b")
    for wanted in (Effect.DENY, Effect.ALLOW):
        policy = Policy(rules=(Rule(effect=wanted, text=r"(a|aa)+(a|aaa)+$"),), default=Effect.ASK)
        assert effect(policy, text) is (Effect.DENY if wanted is Effect.DENY else Effect.ASK)
    assert time.monotonic() - began < 60


def test_hosts_are_a_fence() -> None:
    policy = Policy(hosts=("shop.example",), rules=(Rule(effect=Effect.ALLOW),))
    elsewhere = Observation(FRAME, url="https://evil.example/")
    assert effect(policy, CLICK) is Effect.ALLOW
    assert effect(policy, CLICK, elsewhere) is Effect.DENY
    assert effect(policy, TypeText(text="x"), elsewhere) is Effect.DENY
    for way_back in (GoBack(), CloseTab(), Navigate(url="shop.example"), OpenTab()):
        assert effect(policy, way_back, elsewhere) is Effect.ALLOW
    assert effect(policy, CLICK, ON_DESKTOP) is Effect.ALLOW  # has no hosts
    assert effect(Policy(windows=("*Mousepad",)), CLICK, ON_DESKTOP) is Effect.ALLOW
    assert effect(Policy(windows=("*Mousepad",)), CLICK, ON_PAGE) is Effect.DENY


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example",
        "https://evil.example\\@shop.example",
        "https://shop.example@evil.example/",
        "https://shop.example:443@evil.example/",
        "https://shop.example.evil.example",
        "https:evil.example",
        "https:///evil.example",
        "ht\ntps://evil.example",
        "https://evil.example\t/shop.example",
        "https://shop%2Eexample",
        "//evil.example",
        "javascript:fetch('//evil.example')",
        "data:text/html,shop.example",
        "file:///etc/passwd",
        "blob:https://evil.example/1",
        "https://[::1",
        "evil.example#shop.example",
        "evil.example?.shop.example",
    ],
)
def test_no_spelling_of_an_address_leaves_the_hosts(address: str) -> None:
    policy = Policy(hosts=("shop.example", "*.shop.example"))
    assert effect(policy, Navigate(url=address)) is Effect.DENY
    assert effect(policy, OpenTab(url=address)) is Effect.DENY


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_none(text: str) -> None:
    host = host_of(text)
    assert host == host.lower()
    assert not host or host_matches(host, ["*"])


def test_what_costs_money_is_asked_by_default() -> None:
    assert effect(DEFAULTS["browser"], CLICK, words='Click "Place order".') is Effect.ASK
    assert effect(DEFAULTS["browser"], CLICK, words='Click "Next".') is Effect.ALLOW
    assert effect(DEFAULTS["desktop"], TypeText(text="sudo rm -rf /"), ON_DESKTOP) is Effect.ASK
    assert effect(DEFAULTS["virtual"], TypeText(text="sudo rm -rf /"), ON_DESKTOP) is Effect.ALLOW
