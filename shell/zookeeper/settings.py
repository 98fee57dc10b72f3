"""How to reach an ensemble: what the flags --zk, --zk-auth, --zk-session-timeout, --zk-ca, --zk-cert, --zk-key say."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from barter.core.zookeeper_url import ZooKeeperUrl, parse_credentials

SESSION_MS = 10_000


@dataclass(frozen=True, slots=True)
class ZooKeeperSettings:
    """`session_ms` is asked for, the ensemble grants what its ticks allow. Any of `ca`, `cert`, `key` means TLS.

    `insecure`: nodes are everybody's where there are no credentials.
    """

    url: ZooKeeperUrl
    session_ms: int = SESSION_MS
    ca: str = ""
    cert: str = ""
    key: str = ""
    insecure: bool = False

    @property
    def tls(self) -> bool:
        return bool(self.ca or self.cert or self.key)


def read_credentials(path: str) -> str:
    """The `user:password` that a file holds in one line; raises ValueError, naming the file, never what is in it."""
    try:
        return parse_credentials(Path(path).read_text().strip("\r\n"))
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"cannot read the credentials for ZooKeeper: {error}") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def tls_context(settings: ZooKeeperSettings) -> ssl.SSLContext | None:
    """What connections are made with: servers are verified, by name too. Raises ValueError, naming the file."""
    if not settings.tls:
        return None
    if bool(settings.cert) != bool(settings.key):
        raise ValueError("a certificate for ZooKeeper needs its key, and a key its certificate: --zk-cert and --zk-key")
    try:
        context = ssl.create_default_context(cafile=settings.ca or None)
    except (OSError, ssl.SSLError) as error:
        raise ValueError(
            f"{settings.ca}: no certificates of an authority in PEM can be read from it: {error}"
        ) from None
    if settings.cert:
        try:
            context.load_cert_chain(settings.cert, settings.key)
        except (OSError, ssl.SSLError) as error:
            files = f"{settings.cert}, {settings.key}"
            raise ValueError(f"{files}: no certificate with its key in PEM can be read from them: {error}") from None
    return context
