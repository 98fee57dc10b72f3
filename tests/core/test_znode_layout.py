"""Who may read which znode: the world finds the leader, and sees nothing of the state."""

import pytest

from barter.core.znode_layout import is_public


@pytest.mark.parametrize(
    "path",
    [
        "",
        "format",
        "masters",
        "masters/leader",
        "masters/candidates",
        "masters/candidates/c-t-0000000001",
        "frameworks",
        "frameworks/service",
        "frameworks/service/leader",
        "frameworks/service/candidates",
        "frameworks/service/candidates/c-t-0000000001",
    ],
)
def test_discovery_is_public(path: str) -> None:
    assert is_public(path)


@pytest.mark.parametrize(
    "path",
    ["registry", "registry/agents", "registry/agents/1", "frameworks/service/state", "frameworks/x/state/1", "other"],
)
def test_state_is_not(path: str) -> None:
    assert not is_public(path)
