"""A web server on loopback that behaves as its paths say."""

import contextlib
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Web:
    """`files` by path; /redirect/N/PATH goes on N times, /to?URI once; /busy is busy `busy` times; /short ends early;
    /stuck says nothing more after its first bytes until `unstick`."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: Counter[str] = Counter()
        self.headers: list[dict[str, str]] = []
        self.busy = 0
        self.stuck = threading.Event()
        self.unstick = threading.Event()
        self.url = ""


class _Handler(BaseHTTPRequestHandler):
    web: Web

    def log_message(self, format: str, *args: object) -> None:
        return

    def do_GET(self) -> None:
        web, path = self.web, self.path
        web.asked[path] += 1
        web.headers.append(dict(self.headers))
        if path.startswith("/redirect/"):
            _, _, left, rest = path.split("/", 3)
            self._answer(302, location=f"/redirect/{int(left) - 1}/{rest}" if int(left) > 1 else f"/{rest}")
        elif path.startswith("/to?"):
            self._answer(301, location=path.removeprefix("/to?"))
        elif path == "/busy" and web.asked[path] <= web.busy:
            self._answer(503)
        elif path == "/short":
            self._answer(200, b"x" * 10, length=1000)
        elif path == "/stuck":
            self._answer(200, b"x" * 10, length=1000)
            self.wfile.flush()
            web.stuck.set()
            web.unstick.wait(60)
        elif path in web.files:
            self._answer(200, web.files[path])
        else:
            self._answer(404)

    def _answer(self, status: int, body: bytes = b"", *, location: str = "", length: int | None = None) -> None:
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Who breaks off is tested on the other side."""


@contextlib.contextmanager
def serve(certificate: Path | None = None) -> Iterator[Web]:
    """With a file of certificate and key it speaks TLS."""
    web = Web()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"web": web}))
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    web.url = f"{scheme}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield web
    finally:
        web.unstick.set()
        server.shutdown()
        thread.join()
        server.server_close()
