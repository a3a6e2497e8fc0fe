"""What the demo application keeps, and everything that can change it.

Knows customers, orders and settings, and the commands that its pages send; knows nothing of HTTP or of agents.
A task is checked on this state, never on what an agent says.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

ACCOUNTS: Final = {"ada@example.org": "correct horse"}
"""The password of each account. Both are public: there is nothing to protect."""


class Refused(Exception):
    """Raised when a well-formed command cannot be carried out. The message is shown on the page."""


class Customer(BaseModel):
    """A row of the customer list."""

    name: str
    company: str
    city: str
    email: str
    archived: bool = False


class Order(BaseModel):
    """An order as it was placed."""

    customer_name: str
    delivery_address: str
    quantity: int
    shipping: Literal["Standard", "Overnight"]
    gift_wrap: bool
    send_confirmation: bool


class Profile(BaseModel):
    """The settings under the first tab."""

    display_name: str = "Ada Marsh"
    job_title: str = ""
    phone: str = ""


class Notifications(BaseModel):
    """The settings under the second tab."""

    weekly_report: bool = False
    product_news: bool = True
    payment_reminders: bool = True


class Security(BaseModel):
    """The settings under the third tab."""

    two_step_sign_in: bool = False
    sign_out_when_idle: bool = True


def _customers() -> list[Customer]:
    rows = (
        ("Maria Lopez", "Lopez Ceramics", "Lisbon", "maria@lopez.example"),
        ("Jonas Weber", "Weber Optics", "Hamburg", "jonas@weber.example"),
        ("Priya Nair", "Monsoon Tea", "Kochi", "priya@monsoon.example"),
        ("Tom Becker", "Becker Bikes", "Utrecht", "tom@becker.example"),
        ("Sofia Rossi", "Rossi Paper", "Turin", "sofia@rossi.example"),
        ("Emil Larsen", "Larsen Boats", "Bergen", "emil@larsen.example"),
        ("Hana Sato", "Sato Knives", "Sakai", "hana@sato.example"),
        ("Rui Costa", "Costa Cork", "Lisbon", "rui@costa.example"),
    )
    return [Customer(name=name, company=company, city=city, email=email) for name, company, city, email in rows]


class State(BaseModel):
    """All that the application keeps."""

    signed_in_as: str | None = None
    """The account's email."""
    keep_signed_in: bool = False
    customers: list[Customer] = Field(default_factory=_customers)
    search: str = ""
    """What the customer list was last searched for."""
    opened: str | None = None
    """The name of the customer whose details are shown."""
    orders: list[Order] = Field(default_factory=list[Order])
    profile: Profile = Field(default_factory=Profile)
    notifications: Notifications = Field(default_factory=Notifications)
    security: Security = Field(default_factory=Security)
    terms_accepted: bool = False

    def customer(self, name: str) -> Customer:
        """The customer of that name.

        Raises:
            Refused: there is none.
        """
        for customer in self.customers:
            if customer.name == name:
                return customer
        raise Refused(f"There is no customer called {name}.")


Text = Annotated[str, Field(max_length=200)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class Command(BaseModel):
    """Something that a page asks for."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, str_strip_whitespace=True)

    def apply(self, state: State) -> None:
        """Carry it out.

        Raises:
            Refused: it cannot be carried out; the state is unchanged.
        """
        raise NotImplementedError


class SignIn(Command):
    """Start a session."""

    email: Text
    password: Text
    keep_signed_in: bool

    def apply(self, state: State) -> None:
        if ACCOUNTS.get(self.email) != self.password:
            raise Refused("Wrong email or password.")
        state.signed_in_as, state.keep_signed_in = self.email, self.keep_signed_in


class SignOut(Command):
    """End the session."""

    def apply(self, state: State) -> None:
        state.signed_in_as, state.keep_signed_in = None, False


class Search(Command):
    """Show only the customers whose name, company or city contains a text."""

    search: Text

    def apply(self, state: State) -> None:
        state.search = self.search


class OpenCustomer(Command):
    """Show a customer's details."""

    name: Name

    def apply(self, state: State) -> None:
        state.opened = state.customer(self.name).name


class ArchiveCustomer(Command):
    """Take a customer off the list."""

    name: Name

    def apply(self, state: State) -> None:
        state.customer(self.name).archived = True
        if state.opened == self.name:
            state.opened = None


class PlaceOrder(Command):
    """Add an order."""

    customer_name: Name
    delivery_address: Text
    quantity: Annotated[int, Field(ge=1, le=999)]
    shipping: Literal["Standard", "Overnight"]
    gift_wrap: bool
    send_confirmation: bool

    def apply(self, state: State) -> None:
        state.orders.append(Order.model_validate(self.model_dump()))


class SaveProfile(Command):
    """Keep the first tab's settings."""

    display_name: Name
    job_title: Text
    phone: Text

    def apply(self, state: State) -> None:
        state.profile = Profile.model_validate(self.model_dump())


class SaveNotifications(Command):
    """Keep the second tab's settings."""

    weekly_report: bool
    product_news: bool
    payment_reminders: bool

    def apply(self, state: State) -> None:
        state.notifications = Notifications.model_validate(self.model_dump())


class SaveSecurity(Command):
    """Keep the third tab's settings."""

    two_step_sign_in: bool
    sign_out_when_idle: bool

    def apply(self, state: State) -> None:
        state.security = Security.model_validate(self.model_dump())


class AcceptTerms(Command):
    """Agree to the terms of sale."""

    def apply(self, state: State) -> None:
        state.terms_accepted = True


COMMANDS: Final[dict[str, type[Command]]] = {
    "/api/sign-in": SignIn,
    "/api/sign-out": SignOut,
    "/api/search": Search,
    "/api/customers/open": OpenCustomer,
    "/api/customers/archive": ArchiveCustomer,
    "/api/orders": PlaceOrder,
    "/api/profile": SaveProfile,
    "/api/notifications": SaveNotifications,
    "/api/security": SaveSecurity,
    "/api/terms": AcceptTerms,
}
"""What can be posted where, as JSON."""
