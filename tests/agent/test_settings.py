"""What the agent tells its executor through a file: read again when it changes, and between versions."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.agent.runtime.settings import Settings, SettingsFile, write

TEXTS = st.lists(st.text(max_size=20), max_size=3).map(tuple)


@given(TEXTS, TEXTS, TEXTS)
def test_what_is_written_is_read(volumes: tuple[str, ...], names: tuple[str, ...], devices: tuple[str, ...]) -> None:
    settings = Settings(volumes, names, devices)
    assert Settings.from_json(settings.to_json()) == settings


def test_images_settings_are_read() -> None:
    settings = Settings(docker_config="/etc/barter/docker.json", registries="/etc/r.toml", zone="a", least_free=5)
    assert Settings.from_json(settings.to_json()) == settings


def test_another_versions_file_is_read_as_far_as_it_is_known() -> None:
    assert Settings.from_json('{"allowed_volumes": ["/srv"], "of_tomorrow": 1}') == Settings(("/srv",))


@pytest.mark.parametrize("text", ["", "[]", '{"allowed_volumes": "/srv"}', '{"allowed_devices": [1]}'])
def test_what_is_no_settings_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Settings.from_json(text)


def test_a_new_file_counts_from_then_on(tmp_path: Path) -> None:
    path = write(tmp_path, Settings(("/srv",)))
    file = SettingsFile(path)
    assert file.current() == Settings(("/srv",))
    write(tmp_path, Settings())
    assert file.current() == Settings()
    assert json.loads(path.read_text())["allowed_volumes"] == []


def test_without_a_file_nothing_is_allowed(tmp_path: Path) -> None:
    assert SettingsFile().current() == Settings()
    with pytest.raises(FileNotFoundError):
        SettingsFile(tmp_path / "none").current()


@pytest.mark.parametrize(
    "wrong", [Settings(allowed_capabilities=("net admin",)), Settings(allowed_devices=("/etc/passwd",))]
)
def test_what_can_never_be_right_is_refused(wrong: Settings) -> None:
    with pytest.raises(ValueError, match=r"capability|device"):
        wrong.checked()
