"""The verbs as a whole: their help, their usage errors, and how little `barter --help` imports."""

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from barter.frameworks.service.shell.process import ServiceOptions
from barter.tools.cli.kinds import ATTRIBUTES, DURATION, RESOURCES
from barter.tools.cli.main import VERBS, cli


def commands() -> list[tuple[str, click.Command]]:
    found: list[tuple[str, click.Command]] = []
    for verb in VERBS:
        command = verb.load()
        found.append((verb.name, command))
        if isinstance(command, click.Group):
            found += [(f"{verb.name} {name}", sub) for name, sub in command.commands.items()]
    return found


@pytest.mark.parametrize(("name", "command"), commands())
def test_every_verb_teaches(name: str, command: click.Command) -> None:
    assert command.help
    assert f"barter {name}" in (command.epilog or ""), "an example"
    assert CliRunner().invoke(cli, [*name.split(), "--help"]).exit_code == 0


def test_the_list_of_verbs_says_what_the_verbs_say() -> None:
    for verb in VERBS:
        assert (verb.load().help or "").splitlines()[0].startswith(verb.help.removesuffix(".").split(":")[0]), verb.name


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["start", "agent", "--resources", "mem=8"], "no unit"),
        (["start", "agent", "--resources", "cpus=nan"], "not a finite number"),
        (["start", "agent", "--attributes", "zone"], "NAME=VALUE"),
        (["start", "agent", "--edge-http", "70000"], "1<=x<=65535"),
        (["start", "agent", "--allow-capability", "net admin"], "as NET_ADMIN"),
        (["start", "agent", "--allow-device", "/etc/passwd"], "below /dev"),
        (["start", "agent", "--max-containers", "0"], "1<=x"),
        (["start", "agent", "--docker-config", "/no/such/file"], "does not exist"),
        (["start", "agent", "--registries", "/"], "is a directory"),
        (["start", "agent", "--image-keep", "0s"], "more than 0"),
        (["start", "agent", "--least-free", "95"], "0<=x<=90"),
        (["start", "agent", "--public", "--edge-http", "9090"], "are both 9090"),
        (["start", "agent", "--master", "nowhere"], "HOST:PORT"),
        (["start", "master", "--offer-timeout", "1 fortnight"], "unknown unit"),
        (["start", "master", "--heartbeat", "0s"], "more than 0"),
        (["start", "master", "--min-allocatable", "cpus=0"], "nothing at all"),
        (["start", "master", "--min-allocatable", "cpus"], "not NAME=AMOUNT"),
        (["start", "service", "--listen", "8080"], "HOST:PORT"),
        (["start", "service", "--role", "eng//web"], "'' is not a name"),
        (["dev", "--agents", "0"], "1<=x"),
        (["app", "scale", "web", "-1"], "No such option"),
        (["app", "scale", "web", "many"], "not a valid integer"),
        (["tasks", "-o", "xml"], "xml"),
        (["nonsense"], "nonsense"),
    ],
)
def test_usage_errors_exit_2_with_the_reason(words: list[str], said: str) -> None:
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 2
    assert said in done.output


def test_what_is_wrong_with_files_of_registries_keeps_an_agent_from_starting(tmp_path: Path) -> None:
    mirrors, credentials = tmp_path / "registries.toml", tmp_path / "docker.json"
    mirrors.write_text('["docker.io"]\nmirrors = ["a:5000"]\n')
    credentials.write_text('{"auths": {}}')
    credentials.chmod(0o644)
    for option, path, said in (
        ("--registries", mirrors, "'a:5000' is no mirror"),
        ("--docker-config", credentials, f"chmod 600 {credentials}"),
    ):
        command = [
            sys.executable,
            "-m",
            "barter.tools.cli.main",
            "start",
            "agent",
            "--work-dir",
            str(tmp_path / "work"),
        ]
        done = subprocess.run([*command, option, str(path)], capture_output=True, text=True, timeout=60)
        assert (done.returncode, said in done.stderr) == (1, True), done.stderr


@pytest.mark.parametrize(
    ("words", "masters"),
    [
        ([], "127.0.0.1:5050"),
        (["--zk", "zk://u:secret@z:1/b"], "zk://z:1/b"),
        (["--zk", "zk://u:secret@z:1/b", "--master", "m:5050"], "m:5050"),
        (["--master", "zk://u:secret@y:1/c"], "zk://y:1/c"),
    ],
)
def test_a_service_finds_masters_where_it_is_elected(
    words: list[str], masters: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[ServiceOptions] = []

    def run(options: ServiceOptions) -> int:
        given.append(options)
        return 0

    monkeypatch.setattr("barter.frameworks.service.shell.daemon.run", run)
    assert CliRunner().invoke(cli, ["start", "service", *words], env={"BARTER_MASTER": ""}).exit_code == 0
    assert (given[0].shown_masters, given[0].zookeeper is None) == (masters, "--zk" not in words)


def test_values_have_units() -> None:
    assert DURATION.convert("1m", None, None) == 60_000
    assert ATTRIBUTES.convert("zone=a, rack=r1", None, None) == {"zone": "a", "rack": "r1"}
    assert RESOURCES.convert("cpus=4", None, None).scalars == {"cpus": 4000}
    with pytest.raises(click.BadParameter):
        ATTRIBUTES.convert("zone=a,zone=b", None, None)


def test_help_imports_only_click() -> None:
    code = (
        "import sys\nfrom barter.tools.cli.main import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code, "--help"], capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1]
    assert "'click'" in loaded
    for heavy in ("grpc", "rich", "asyncio", "docker", "fastapi", "yaml", "http", "json"):
        assert f"'{heavy}'" not in loaded
