# SPDX-License-Identifier: Apache-2.0
"""The server of a node's pages: loopback, one port, in a thread of the daemon.

Rules
  - It listens on loopback alone; a reverse proxy of the party brings people to it from elsewhere, under a name that
    `node.toml` lists.

Worked example
    house = House(office, port=0); house.start()         http://localhost:<house.port>/es/
"""

import asyncio
import logging
import socket
import threading

import uvicorn

from paridad.web.application import build
from paridad.web.office import Office

HOST = "127.0.0.1"
NONE = -1
"""Port of pages that are not wanted."""


class House:
    """The pages on one port of loopback; `start`, then `stop`. Port -1: no pages."""

    def __init__(self, office: Office, *, port: int) -> None:
        self.port = port
        self._office = office
        if port != NONE:
            self._socket = socket.create_server((HOST, port))
            self.port = self._socket.getsockname()[1]
            app = build(office, hosts={f"localhost:{self.port}", f"{HOST}:{self.port}", *office.node.settings.names})
            config = uvicorn.Config(app, log_level=logging.WARNING, access_log=False, lifespan="off")
            self._server = uvicorn.Server(config)
            self._thread = threading.Thread(target=self._run, name=f"pages:{self.port}", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        if self.port != NONE:
            self._thread.start()

    def stop(self) -> None:
        """Stop answering."""
        if self.port != NONE:
            self._office.closing.set()
            self._server.should_exit = True
            self._thread.join()
            self._socket.close()

    def _run(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))
