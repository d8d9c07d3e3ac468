"""Somebody else's machine that webhooks are sent to: a real server, which behaves well or badly."""

import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: str


class Receiver:
    """Inside `with`, answers on a port of this machine as `answers` say, by path; others get 200.

    An answer is a status, or something to do with the request's handler. `hang` keeps callers waiting until the end.
    With `tls`, it speaks https and nothing else.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._scheme = "https" if tls else "http"
        self.received: list[Received] = []
        self.answers: dict[str, int | Callable[[BaseHTTPRequestHandler], None]] = {}
        self.closing = threading.Event()
        self.hanging = threading.Semaphore(0)
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.received.append(Received(self.path, headers, body))
                answer = receiver.answers.get(self.path, 200)
                if callable(answer):
                    answer(self)
                else:
                    self.send_response(answer)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def log_message(self, *_: object) -> None:
                """Silence."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"{self._scheme}://{host}:{self._server.server_port}{path}"

    def hang(self, handler: BaseHTTPRequestHandler) -> None:
        self.hanging.release()
        self.closing.wait(60)

    def trickle(self, handler: BaseHTTPRequestHandler) -> None:
        """A header line that never ends, one byte at a time: no single read waits long."""
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        while not self.closing.wait(0.02):
            handler.wfile.write(b"x")

    def redirect_to(self, url: str) -> Callable[[BaseHTTPRequestHandler], None]:
        def redirect(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(307)
            handler.send_header("Location", url)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        return redirect
