"""A real HTTP server on loopback that takes what Apprise posts to ``json://`` addresses."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Webhook:
    """What the server got, and how it answers.

    Attributes:
        port: where it listens.
        status: what it answers from now on.
        got: bodies, in the order in which they came, whatever was answered.
        open: while it is cleared, nothing is answered.
    """

    port: int = 0
    status: int = 200
    got: list[dict[str, Any]] = field(default_factory=list)
    open: threading.Event = field(default_factory=threading.Event)

    def url(self, *, secret: str = "pass-word-1", path: str = "hook/tok3n-in-path") -> str:
        """Its address as Apprise writes it."""
        return f"json://fleet:{secret}@127.0.0.1:{self.port}/{path}"


@contextmanager
def webhook() -> Iterator[Webhook]:
    """A server for as long as the block lasts."""
    hook = Webhook()
    hook.open.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.got.append(json.loads(body))
            hook.open.wait(10)
            self.send_response(hook.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Keep the test report quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hook.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield hook
        finally:
            hook.open.set()
            server.shutdown()
            thread.join()
