"""What can be decided about an action before it is carried out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Effect(StrEnum):
    """What a policy does with an action."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was decided about one action."""

    effect: Effect
    reason: str = ""
    consent: bool | None = None
    """What the person said, None when nobody was asked."""

    @property
    def denial(self) -> str:
        """Why the action is not carried out, for the model; empty when it is."""
        if self.effect is Effect.ALLOW or self.consent:
            return ""
        asked = self.effect is Effect.ASK
        who = "The user did not agree to this action" if asked else "This action is not allowed"
        return f"{who}; it was not carried out. {self.reason}".strip() + " Do not try it in another way."
