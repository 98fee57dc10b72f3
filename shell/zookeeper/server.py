"""ZooKeeper's own server as a child process: its configuration and command line, for `barter dev` and for tests."""

import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

JARS = Path("/usr/share/java")
# The server's own, a binding for its log, and what its manifest does not name of netty, which TLS needs.
_CLASSES = (
    "zookeeper",
    "slf4j-simple",
    "netty-codec",
    "netty-resolver",
    "netty-transport-native-unix-common",
)
_JVM = ("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Djava.awt.headless=true")
_QUICK_TO_DISK = "-Dzookeeper.forceSync=no"
_MAIN = "org.apache.zookeeper.server.quorum.QuorumPeerMain"


@dataclass(frozen=True, slots=True)
class Peer:
    """One server of an ensemble: three ports on loopback."""

    id: int
    client_port: int
    quorum_port: int
    election_port: int


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """`peers`: all servers of the ensemble, this one included; empty for a single server. `more`: further lines."""

    data_dir: Path
    client_port: int
    id: int = 1
    peers: tuple[Peer, ...] = ()
    tick_ms: int = 2000
    more: Mapping[str, str] = field(default_factory=dict)

    def render(self) -> str:
        lines = {
            "dataDir": str(self.data_dir / "data"),
            "clientPort": str(self.client_port),
            "clientPortAddress": "127.0.0.1",
            "tickTime": str(self.tick_ms),
            "initLimit": "20",
            "syncLimit": "10",
            "maxClientCnxns": "0",
            "minSessionTimeout": str(2 * self.tick_ms),
            "maxSessionTimeout": "60000",
            "autopurge.purgeInterval": "1",
            "admin.enableServer": "false",
            "4lw.commands.whitelist": "srvr,ruok,stat,mntr,isro",
            **({"standaloneEnabled": "false"} if self.peers else {}),
            **{f"server.{peer.id}": f"127.0.0.1:{peer.quorum_port}:{peer.election_port}" for peer in self.peers},
            **self.more,
        }
        return "".join(f"{key}={value}\n" for key, value in lines.items())


def missing() -> str:
    """What this machine lacks to run a server, with what to do; empty if nothing."""
    if shutil.which("java") is None:
        return "java is not there: apt-get install zookeeper"
    if not (JARS / "zookeeper.jar").exists():
        return f"{JARS}/zookeeper.jar is not there: apt-get install zookeeper"
    return ""


def write(config: ServerConfig) -> Path:
    """Makes the server's folder and files; returns the configuration's path."""
    data = config.data_dir / "data"
    data.mkdir(parents=True, exist_ok=True)
    if config.peers:
        (data / "myid").write_text(f"{config.id}\n")
    path = config.data_dir / "zoo.cfg"
    path.write_text(config.render())
    return path


def command(config: ServerConfig, *, durable: bool = True) -> list[str]:
    """Starts the server in the foreground, its log on stderr. Not `durable`: it survives kill -9, not a power cut."""
    classes = ":".join(str(JARS / f"{name}.jar") for name in _CLASSES)
    options = [
        *_JVM,
        *([] if durable else [_QUICK_TO_DISK]),
        "-Dzookeeper.serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory"
        if "secureClientPort" in config.more
        else "-Dzookeeper.serverCnxnFactory=org.apache.zookeeper.server.NIOServerCnxnFactory",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        "-Dorg.slf4j.simpleLogger.showDateTime=true",
    ]
    return ["java", *options, "-cp", classes, _MAIN, str(config.data_dir / "zoo.cfg")]


def ask(port: int, word: str = "srvr", seconds: float = 1.0) -> str:
    """What a server on loopback answers to a four-letter word; empty if nothing."""
    try:
        with socket.create_connection(("127.0.0.1", port), seconds) as connection:
            connection.sendall(word.encode())
            answer = b""
            while part := connection.recv(4096):
                answer += part
    except OSError:
        return ""
    return answer.decode(errors="replace")


def mode(port: int) -> str:
    """`"leader"`, `"follower"`, `"standalone"`, or empty while it serves nobody."""
    for line in ask(port).splitlines():
        key, _, value = line.partition(": ")
        if key == "Mode":
            return value
    return ""
