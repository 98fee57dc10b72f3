"""An HTTPS server with a certificate of its own that needs a while until it is ready: 503 on /ready before that."""

import os
import ssl
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WARM_AFTER_S = 5.0
_STARTED = time.monotonic()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        warm = time.monotonic() - _STARTED > WARM_AFTER_S
        status, text = (503, "warming up") if self.path == "/ready" and not warm else (200, "hello")
        body = f"{text} from {os.environ.get('MESOS_TASK_ID', 'nobody')}\n".encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    new = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=ready"]
    subprocess.run([*new, "-keyout", "key.pem", "-out", "cert.pem"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("cert.pem", "key.pem")
    server = ThreadingHTTPServer((os.environ["HOST"], int(os.environ["PORT0"])), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    print("serving", file=sys.stderr)
    server.serve_forever()


if __name__ == "__main__":
    main()
