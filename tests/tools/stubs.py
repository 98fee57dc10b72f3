"""A master, an agent and a service framework that answer what a test tells them to."""

import json
import socketserver
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import grpc

from barter.proto.v1 import node_pb2, node_pb2_grpc, operator_pb2_grpc
from barter.proto.v1 import operator_pb2 as pb

Answers = dict[tuple[str, str], list[tuple[int, Any]]]


class StubMaster(operator_pb2_grpc.OperatorServiceServicer):
    """`replies` by method; an exception-like (code, text) pair is answered as that error."""

    def __init__(self, replies: dict[str, Any]) -> None:
        self.replies = replies
        self.requests: list[Any] = []

    def answer(self, method: str, request: Any, context: grpc.ServicerContext) -> Any:
        self.requests.append(request)
        reply = self.replies.get(method, (grpc.StatusCode.UNIMPLEMENTED, method))
        if isinstance(reply, tuple):
            context.abort(*reply)
        return reply

    def Explain(self, request: pb.ExplainRequest, context: grpc.ServicerContext) -> Any:
        """The reply for its subject, NOT_FOUND for any other."""
        known = self.replies.get("Explain", {})
        self.requests.append(request)
        if request.subject not in known:
            context.abort(grpc.StatusCode.NOT_FOUND, f"nothing named {request.subject}")
        return known[request.subject]


def _unary(method: str) -> Any:
    return lambda self, request, context: self.answer(method, request, context)


for _method in ("GetStatus", "ListAgents", "ListFrameworks", "ListTasks", "ListOffers", "ListEndpoints", "ListEvents"):
    setattr(StubMaster, _method, _unary(_method))
for _method in ("WatchEvents", "TeardownFramework", "ListRoles", "SetRoles", "Maintain", "ListMaintenance"):
    setattr(StubMaster, _method, _unary(_method))
for _method in ("GetRemovals", "SetRemovals"):
    setattr(StubMaster, _method, _unary(_method))


class StubNode(node_pb2_grpc.NodeServiceServicer):
    def __init__(self, chunks: list[Any], usage: node_pb2.UsageReply | None = None) -> None:
        """Without a `usage` it is of a version that does not know it."""
        self.chunks, self.requests, self.usage = chunks, list[Any](), usage

    def Usage(self, request: Any, context: grpc.ServicerContext) -> node_pb2.UsageReply:
        if self.usage is None:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, "Method not found!")
        return self.usage

    def ReadLog(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        self.requests.append(request)
        yield from self.chunks


@contextmanager
def serving(master: StubMaster | None = None, node: StubNode | None = None) -> Iterator[str]:
    """The address at which they are served."""
    server = grpc.server(ThreadPoolExecutor(4))
    if master is not None:
        operator_pb2_grpc.add_OperatorServiceServicer_to_server(master, server)  # type: ignore[no-untyped-call]
    if node is not None:
        node_pb2_grpc.add_NodeServiceServicer_to_server(node, server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


@contextmanager
def serving_http(answers: Answers, asked: list[tuple[str, str, Any]]) -> Iterator[str]:
    """A URL that gives the answers for (method, path) in order, the last one for ever; what is asked is kept."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked.append((self.command, self.path, json.loads(body) if body else None))
            waiting = answers.get((self.command, self.path.partition("?")[0]), [(404, {"message": "no such thing"})])
            status, reply = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            data = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_DELETE = handle_any

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def serving_bytes(*exchange: tuple[bytes, bytes]) -> Iterator[str]:
    """The address of something that, each time it has heard the one, says the other; it hangs up when its peer does."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            heard, waiting = b"", list(exchange)
            while more := self.request.recv(4096):
                heard += more
                while waiting and waiting[0][0] in heard:
                    self.request.sendall(waiting.pop(0)[1])

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
