"""Webhook ids are remembered as long as they can be valid, and no longer."""

from bot.web.seen import TOLERANCE_SECONDS, Seen


def test_an_id_is_new_once() -> None:
    seen = Seen()

    assert [seen.add(name, 0.0) for name in ("a", "b", "a", "b", "a b")] == [
        True,
        True,
        False,
        False,
        True,
    ]


def test_an_id_lives_for_twice_the_tolerance() -> None:
    """Its time may be as far ahead as the tolerance allows, and is good until as far behind."""
    seen = Seen()
    seen.add("a", 0.0)

    assert seen.add("a", 2 * TOLERANCE_SECONDS - 0.001) is False
    assert seen.add("a", 2 * TOLERANCE_SECONDS) is True


def test_what_is_too_old_is_forgotten_and_their_number_is_bounded() -> None:
    seen = Seen(most=100)
    for number in range(1000):
        seen.add("x" * 10_000 + f"{number}", 0.0)

    assert len(seen) == 100
    assert seen.add("x" * 10_000 + "999", 1.0) is False
    seen.add("new", 2 * TOLERANCE_SECONDS)
    assert len(seen) == 1
