"""A private PostgreSQL that every process of the project shares, started by whoever needs it first.

``start(directory)`` makes the server answer and counts this process among its users until it ends,
however it ends. The last user to leave stops the server, unless someone else (psql, pg_dump) is
connected or ``PLATFORM_KEEP_DATABASE=1`` is set. Stopping never deletes data.

All of it is in ``directory/postgresql``: the data with the socket in ``data``, ``server.log``, and
three files whose locks the kernel drops when their holders die:

- ``users.lock``, shared by the users; who stops the server has it exclusively
- ``start.lock``, for one process at a time to create or start the server
- ``server.lock``, inherited by every process of the server, so free when nothing of it lives

Linux only. ``docs/database.md`` is for users; decision 0002 says why this is our own.
"""

import atexit
import os
import sys
from contextlib import suppress
from pathlib import Path

import psycopg

from audience_platform.embedded_postgres.errors import EmbeddedPostgresError
from audience_platform.embedded_postgres.server import EmbeddedServer

__all__ = ["EmbeddedPostgresError", "EmbeddedServer", "start"]

_servers: dict[Path, EmbeddedServer] = {}


def start(directory: Path) -> EmbeddedServer:
    """Start the server of this data directory unless it runs; use it until this process ends.

    Cheap enough to call before every connection. Raises EmbeddedPostgresError.
    """
    if sys.platform != "linux":
        raise EmbeddedPostgresError(
            "The embedded PostgreSQL runs on Linux only. Set DATABASE_URL to use another server."
        )
    server = _servers.get(directory) or _servers.setdefault(directory, EmbeddedServer(directory))
    server.start()
    return server


def _before_fork() -> None:
    for server in _servers.values():
        server.before_fork()


def _after_fork(*, in_child: bool) -> None:
    for server in _servers.values():
        server.after_fork(in_child=in_child)


@atexit.register
def _leave() -> None:
    for server in _servers.values():
        with suppress(EmbeddedPostgresError, OSError, psycopg.Error):
            server.leave()


os.register_at_fork(
    before=_before_fork,
    after_in_parent=lambda: _after_fork(in_child=False),
    after_in_child=lambda: _after_fork(in_child=True),
)
