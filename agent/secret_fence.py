"""Where secrets may go: to the hosts and windows that the policy names, by default the host where the episode began.

A secret goes where it is typed, in an address that is opened, and, once it is on the screen, wherever something is
pasted or dropped: what a clipboard holds cannot be told, so it is taken for the secret. Knows the environment's word on
who gets an input; carries nothing out.
"""

from __future__ import annotations

from agent.guard import Guard
from agent.policy import texts_of, title_matches
from agent.ruling import Effect, Ruling
from agent.secrets import Secrets
from envs.actions import Action, Click, Drag, Navigate, OpenTab, TypeText
from envs.addresses import host_matches, host_of
from envs.base import Env, Observation
from envs.pasting import may_insert


class SecretFence:
    """Watches over the secrets of one episode.

    Args:
        env: where it takes place.
        guard: what asks the user, and has the policy.
        secrets: of the episode.
    """

    def __init__(self, env: Env, guard: Guard, secrets: Secrets) -> None:
        self._env, self._guard, self._secrets = env, guard, secrets
        self._typed: dict[str, None] = {}
        """The names of those that have been typed."""
        self._home: str | None = None
        """The host where the episode began."""

    def begin_at(self, url: str | None) -> None:
        """Tell it where the episode is; the first time counts."""
        if self._home is None:
            self._home = host_of(url or "")

    def carried_by(self, action: Action) -> tuple[str, ...]:
        """The names of the secrets that an action may take somewhere."""
        if may_insert(action):
            return tuple(self._typed)
        texts = texts_of(action) if isinstance(action, TypeText | Navigate | OpenTab) else ()
        return self._secrets.names_in(self._secrets.concealed(" ".join(texts)))

    def remember(self, action: Action) -> None:
        """Tell it that an action is about to be carried out, or was before."""
        if isinstance(action, TypeText):
            self._typed |= dict.fromkeys(self.carried_by(action))

    def rule(self, action: Action, words: str, observation: Observation) -> Ruling | None:
        """What is decided about the secrets that an action carries; None when nothing speaks against it.

        Args:
            action: what is to be done.
            words: the model's words for it.
            observation: the screen it was decided on.
        """
        ruling: Ruling | None = None
        names = self.carried_by(action)
        url = self._receiver(action) if names else None
        for name in names:
            places = self._guard.policy.secrets.get(name)
            if url is None and (places is None or not title_matches(observation.title, places)):
                ruling = self._guard.ask(action, observation, words, _reason(action, name))
            elif url is not None and not host_matches(host_of(url), places or (self._home or "",)):
                where = host_of(url) or "this page"
                ruling = Ruling(Effect.DENY, f"The secret {name!r} may not be {_verb(action)} on {where}.")
            if ruling is not None and ruling.denial:
                break
        return ruling

    def _receiver(self, action: Action) -> str | None:
        match action:
            case Navigate(url=url) | OpenTab(url=str(url)):
                return url
            case Click(at=point) | Drag(end=point):
                return self._env.receiver_url(point)
            case _:
                return self._env.receiver_url()


def _verb(action: Action) -> str:
    return "typed" if isinstance(action, TypeText) else "used" if isinstance(action, Navigate | OpenTab) else "inserted"


def _reason(action: Action, name: str) -> str:
    if isinstance(action, TypeText):
        return f"It types the secret {name!r}."
    return f"It may insert the secret {name!r}, which was typed before."
