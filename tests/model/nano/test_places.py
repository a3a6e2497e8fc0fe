from __future__ import annotations

import pytest
import torch

from model.nano.places import MIN_SPREAD_PX, SPREAD, PlaceHead, digits_loss, soft_digits, spreads


@pytest.mark.parametrize("spread", [2.0, 7.0, 14.0])
def test_soft_digits_are_distributions_around_the_place(spread: float) -> None:
    places = torch.tensor([0, 5, 123, 449, 450, 555, 999])
    first, second = soft_digits(places, torch.full((7,), spread), places // 100)
    for digits in (first, second):
        assert digits.shape == (7, 10)
        torch.testing.assert_close(digits.sum(-1), torch.ones(7))
    assert first.argmax(-1).tolist() == [place // 100 for place in places.tolist()]
    assert second.argmax(-1).tolist() == [place // 10 % 10 for place in places.tolist()]


def test_soft_digits_share_the_border() -> None:
    first, _ = soft_digits(torch.tensor([399, 400]), torch.tensor([5.0, 5.0]), torch.tensor([3, 4]))
    torch.testing.assert_close(first[0, 3], first[1, 4])
    assert 0.4 < first[0, 4] < 0.5
    assert first[0, 5] < 1e-6


def test_soft_digits_take_a_spread_each() -> None:
    places, spreads = torch.tensor([250, 730]), torch.tensor([3.0, 9.0])
    together = soft_digits(places, spreads, places // 100)
    for digit in (0, 1):
        for row, spread in enumerate((3.0, 9.0)):
            place = places[row : row + 1]
            alone = soft_digits(place, torch.tensor([spread]), place // 100)[digit][0]
            torch.testing.assert_close(together[digit][row], alone)


@pytest.mark.parametrize(("place", "begun", "nearest"), [(399, 4, 0), (401, 3, 9), (450, 3, 9), (450, 5, 0)])
def test_behind_the_other_first_digit_the_second_is_the_nearest(place: int, begun: int, nearest: int) -> None:
    _, second = soft_digits(torch.tensor([place]), torch.tensor([12.0]), torch.tensor([begun]))
    assert second.argmax(-1).tolist() == [nearest]
    torch.testing.assert_close(second.sum(-1), torch.ones(1))


def test_a_spread_is_a_part_of_the_size_but_not_too_small() -> None:
    found = spreads(torch.tensor([[100.0, 4.0]]), (448, 336))
    torch.testing.assert_close(found, torch.tensor([[100 * SPREAD * 1000 / 448, MIN_SPREAD_PX * 1000 / 336]]))


def test_being_off_costs_less_on_a_wide_thing() -> None:
    truth, said = torch.tensor([500]), torch.full((1, 10), -20.0)
    said[0, 4] = 0.0  # in the middle, the other side of the border between two first digits
    anything = torch.zeros(1, 10).log_softmax(-1)
    costs = [digits_loss(said, anything, truth, torch.tensor([spread]), truth // 100) for spread in (3.0, 60.0)]
    assert costs[0] > 2 * costs[1] or costs[0] > costs[1] + 0.1


def test_a_head_learns_places() -> None:
    torch.manual_seed(0)
    head = PlaceHead(16)
    features, places = torch.randn(8, 16), torch.randint(0, 1000, (8, 2))
    spread = torch.full((8, 2), 4.0)
    optimiser = torch.optim.Adam(head.parameters(), lr=0.05)
    first = head.loss(features, places, spread).item()
    for _ in range(150):
        optimiser.zero_grad()
        head.loss(features, places, spread).backward()
        optimiser.step()
    assert head.loss(features, places, spread).item() < first / 3


def test_nothing_to_point_at_costs_nothing() -> None:
    empty = torch.zeros(0, 2, dtype=torch.long)
    assert PlaceHead(16).loss(torch.zeros(0, 16), empty, empty.float()).item() == 0.0
