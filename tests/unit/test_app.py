"""The composition root: what a file says of a provider becomes what it can do."""

import pytest

from bot.app import capabilities_of
from bot.domain.schedule import Ability, ProviderEntry, ProviderType
from bot.domain.video import Derivation, Variant


def entry(*can: Ability) -> ProviderEntry:
    return ProviderEntry(name="gateway", type=ProviderType.VIDEOS_API, can=frozenset(can))


def test_a_server_of_which_nothing_is_said_only_creates() -> None:
    found = capabilities_of(entry())

    assert not found.derivations
    assert not found.characters
    assert not found.delete
    assert found.variants == {Variant.VIDEO}


@pytest.mark.parametrize(
    "ability, has",
    [
        (Ability.REMIX, lambda c: c.derivations == {Derivation.REMIX}),
        (Ability.EDIT, lambda c: c.derivations == {Derivation.EDIT}),
        (Ability.EXTENSION, lambda c: c.derivations == {Derivation.EXTENSION}),
        (Ability.CHARACTERS, lambda c: c.characters),
        (Ability.STILLS, lambda c: c.variants == set(Variant)),
        (Ability.DELETE, lambda c: c.delete),
    ],
)
def test_each_ability_is_its_own(ability: Ability, has: object) -> None:
    assert has(capabilities_of(entry(ability)))
    assert not has(capabilities_of(entry(*(set(Ability) - {ability}))))


def test_the_studio_can_do_it_all() -> None:
    found = capabilities_of(ProviderEntry(name="studio", type=ProviderType.STUDIO))

    assert found.derivations == set(Derivation)
    assert found.variants == set(Variant)
    assert found.characters
    assert found.delete
