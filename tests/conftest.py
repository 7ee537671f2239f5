"""What holds for the whole suite."""

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what fetches other people's programs, unless it is asked for by its mark.

    Begin with the slow tests, so that no worker is left alone with one at the end.
    """
    if "peers" not in config.getoption("markexpr"):
        peers = [item for item in items if item.get_closest_marker("peers")]
        config.hook.pytest_deselected(items=peers)
        items[:] = [item for item in items if not item.get_closest_marker("peers")]
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
