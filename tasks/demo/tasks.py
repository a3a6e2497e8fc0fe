"""The demo's tasks: what to do in the demo application, in plain steps, and how its state tells that it was done.

Every label that an instruction names stands once on its page and is on a screen of 1280x720 when it is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from tasks.demo.state import Order, State


@dataclass(frozen=True, slots=True)
class DemoTask:
    """One thing to do."""

    name: str
    start_path: str
    """The page to begin at, to be put behind the application's address."""
    instruction: str
    done: Callable[[State], bool]
    """Whether the application is as it should be afterwards. False for an application that was just started."""


def _ordered(**expected: object) -> Callable[[State], bool]:
    """Exactly one order, with these values and the form's own for the rest."""
    order = Order(
        customer_name="", delivery_address="", quantity=1, shipping="Standard", gift_wrap=False, send_confirmation=True
    ).model_copy(update=expected)
    return lambda state: state.orders == [order]


def _archived(*names: str) -> Callable[[State], bool]:
    return lambda state: tuple(customer.name for customer in state.customers if customer.archived) == names


TASKS: Final = (
    DemoTask(
        "sign-in",
        "/sign-in",
        'Type "ada@example.org" into "Email", type "correct horse" into "Password", then click "Sign in".',
        lambda state: state.signed_in_as == "ada@example.org" and not state.keep_signed_in,
    ),
    DemoTask(
        "stay-signed-in",
        "/sign-in",
        'Type "ada@example.org" into "Email", type "correct horse" into "Password", tick "Keep me signed in", '
        'then click "Sign in".',
        lambda state: state.signed_in_as == "ada@example.org" and state.keep_signed_in,
    ),
    DemoTask(
        "search",
        "/customers",
        'Type "Lisbon" into "Search customers", then press Enter.',
        lambda state: state.search.lower() == "lisbon",
    ),
    DemoTask(
        "open-customer",
        "/customers",
        'Double-click "Priya Nair".',
        lambda state: state.opened == "Priya Nair",
    ),
    DemoTask(
        "archive-customer",
        "/customers",
        'Right-click "Tom Becker", then click "Archive".',
        _archived("Tom Becker"),
    ),
    DemoTask(
        "gift-order",
        "/orders/new",
        'Type "Maria Lopez" into "Customer name", type "14 Harbour Street" into "Delivery address", tick "Gift wrap", '
        'then click "Place order".',
        _ordered(customer_name="Maria Lopez", delivery_address="14 Harbour Street", gift_wrap=True),
    ),
    DemoTask(
        "quiet-order",
        "/customers",
        'Click "New order", type "Jonas Weber" into "Customer name", untick "Send confirmation", '
        'then click "Place order".',
        _ordered(customer_name="Jonas Weber", send_confirmation=False),
    ),
    DemoTask(
        "job-title",
        "/settings",
        'Type "Head of Sales" into "Job title", type "555 0142" into "Phone", then click "Save changes".',
        lambda state: (state.profile.job_title, state.profile.phone) == ("Head of Sales", "555 0142"),
    ),
    DemoTask(
        "notifications",
        "/settings",
        'Click "Notifications", tick "Weekly report", untick "Product news", then click "Save changes".',
        lambda state: tuple(state.notifications.model_dump().values()) == (True, False, True),
    ),
    DemoTask(
        "two-step-sign-in",
        "/settings",
        'Click "Security", tick "Two-step sign-in", then click "Save changes".',
        lambda state: state.security.two_step_sign_in and state.security.sign_out_when_idle,
    ),
    DemoTask(
        "terms",
        "/terms",
        'Scroll down, then click "Accept terms".',
        lambda state: state.terms_accepted,
    ),
)


class UnknownTask(ValueError):
    """Raised for a name that no task has."""


def chosen(names: Sequence[str]) -> tuple[DemoTask, ...]:
    """The tasks of these names, in this order.

    Raises:
        UnknownTask: no task has such a name.
    """
    known = {task.name: task for task in TASKS}
    if unknown := [name for name in names if name not in known]:
        raise UnknownTask(f"The demo has no task {unknown[0]!r}. There are: {', '.join(known)}.")
    return tuple(known[name] for name in names)
