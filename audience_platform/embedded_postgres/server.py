"""One embedded server: who uses it, how it starts, how it stops."""

import hashlib
import os
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from audience_platform.embedded_postgres import cluster, locks
from audience_platform.embedded_postgres.errors import EmbeddedPostgresError
from audience_platform.embedded_postgres.programs import account_for

PATIENCE = 120.0  # seconds; recovery after a crash replays up to max_wal_size
LONGEST_SOCKET_PATH = 100  # bytes; the kernel allows 107
KEEP = "PLATFORM_KEEP_DATABASE"
APPLICATION = "audience_platform"  # by which sessions of users are known


class EmbeddedServer:
    """The server of one data directory. Get it with ``embedded_postgres.start(directory)``."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.resolve() / "postgresql"
        self.cluster = self.directory / "data"
        self.log = self.directory / "server.log"
        self._users: int | None = None  # descriptor of our place among the users
        self._childs_users: int | None = None  # the same for a child being forked
        self._users_mutex = threading.Lock()
        self._databases: set[str] = set()  # known to exist

    @property
    def connection_parameters(self) -> dict[str, Any]:
        """For libpq; the name of the database is the caller's to add."""
        host = self._short_name() or self.cluster
        return {
            "host": str(host),
            "port": cluster.PORT,
            "user": cluster.SUPERUSER,
            "application_name": APPLICATION,
        }

    def start(self) -> None:
        """Become a user and return when the server answers, which takes milliseconds if it runs.

        Raises EmbeddedPostgresError.
        """
        try:
            self._become_user()
            self._link_short_name()
            if self._ping() is not Ping.OK:
                with locks.exclusive(self.directory / "start.lock"):
                    self._start()
        except (OSError, subprocess.SubprocessError) as error:
            raise EmbeddedPostgresError(
                f"The embedded PostgreSQL can't be used in {self.directory}: {error}. Give"
                " PLATFORM_DATA_DIR a local directory that this user may write to, or set"
                " DATABASE_URL to use another server."
            ) from error

    def create_database(self, name: str) -> None:
        """Create the database unless it exists; any number of processes may ask at once."""
        if name in self._databases:
            return
        with locks.exclusive(self.directory / "start.lock"), self._connect() as connection:
            found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [name])
            if found.fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        self._databases.add(name)

    def leave(self) -> None:
        """Stop being a user; the last one out stops the server unless someone is connected."""
        if not self._is_user() or self._users is None:
            return
        try:
            kept = os.environ.get(KEEP, "").lower() in ("1", "true", "yes", "on")
            if not kept and locks.made_exclusive(self._users) and not self._serves_others():
                self.stop()
        finally:
            os.close(self._users)
            self._users = None

    def stop(self) -> None:
        """Stop the server, whoever uses it, and return when nothing of it lives. Its data stays.

        Raises EmbeddedPostgresError.
        """
        if postmaster := self._postmaster():
            os.kill(postmaster, signal.SIGINT)  # "fast": ends the sessions, writes everything
            self._wait_until_gone()
        if link := self._short_name():
            link.unlink(missing_ok=True)

    # Who uses it

    def _become_user(self) -> None:
        with self._users_mutex:
            if not self._is_user():
                self._databases.clear()
                self.directory.mkdir(mode=0o711, parents=True, exist_ok=True)
                # Waits while the last user is stopping it.
                self._users = locks.shared(self.directory / "users.lock", wait=True)

    def _is_user(self) -> bool:
        path = self.directory / "users.lock"
        if self._users is not None and not locks.is_open_at(self._users, path):
            # The directory was deleted, or all our files closed, as daemons do; whatever has this
            # descriptor now isn't ours to close.
            self._users = None
        return self._users is not None

    def before_fork(self) -> None:
        # A child shares its parent's open files, and so its lock: it would take the parent's place
        # for its own, and stop the server under it. It gets a place of its own.
        if self._is_user():
            with suppress(OSError):
                self._childs_users = locks.shared(self.directory / "users.lock", wait=False)

    def after_fork(self, *, in_child: bool) -> None:
        if in_child:
            self._users_mutex = threading.Lock()  # some other thread may have held it
            self._users, self._childs_users = self._childs_users, self._users
        if self._childs_users is not None:
            os.close(self._childs_users)
            self._childs_users = None

    def _serves_others(self) -> bool:
        """Whether anyone is connected who is no user, such as psql.

        Sessions of users don't count: when the last one asks, theirs are closing with them.
        """
        query = """SELECT FROM pg_stat_activity WHERE application_name <> %s
            AND backend_type IN ('client backend', 'walsender') LIMIT 1"""
        try:
            with self._connect() as connection:
                return connection.execute(query, [APPLICATION]).fetchone() is not None
        except psycopg.OperationalError:  # gone, or full of others
            return True

    # How it starts and stops

    def _start(self) -> None:
        """Bring it up. The caller holds start.lock, so nobody else is bringing it up."""
        self._databases.clear()
        account = account_for(self.cluster)
        log_start: int | None = None
        began = time.monotonic()
        while (answer := self._ping()) is not Ping.OK:
            waited = time.monotonic() - began
            if waited > PATIENCE:
                raise EmbeddedPostgresError(
                    f"PostgreSQL in {self.cluster} runs but has not answered for {PATIENCE:.0f} s."
                    f" It may still be recovering from a crash: see {self.log}, and try again."
                )
            if answer is Ping.NO_RESPONSE:
                with locks.if_free(self.directory / "server.lock") as lock:
                    if lock is None and waited > 1:
                        cluster.end_orphans(self.cluster, account)
                    elif lock is not None and log_start is None:
                        log_start = cluster.launch(self.cluster, account, self.log, lock)
                    elif lock is not None and log_start is not None:
                        raise EmbeddedPostgresError(
                            f"PostgreSQL stopped while starting. Its log {self.log} ends with:\n"
                            f"{cluster.last_words(self.log, log_start)}"
                        )
            time.sleep(0.02)

    def _wait_until_gone(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while self._ping() is not Ping.NO_RESPONSE or not self._is_gone():
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(
                    f"PostgreSQL has not stopped within {PATIENCE:.0f} s; {self.log} may say why."
                )
            time.sleep(0.01)

    def _is_gone(self) -> bool:
        with locks.if_free(self.directory / "server.lock") as lock:
            return lock is not None

    # How it is spoken to

    def _ping(self) -> Ping:
        """OK; REJECT while it starts or stops; NO_RESPONSE. Asked of the socket, never of files."""
        target = make_conninfo(dbname="postgres", connect_timeout=5, **self.connection_parameters)
        return Ping(PGconn.ping(target.encode()))

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            dbname="postgres", autocommit=True, connect_timeout=5, **self.connection_parameters
        )

    def _postmaster(self) -> int | None:
        """The id of the process that listens, as the kernel knows it."""
        with socket.socket(socket.AF_UNIX) as connection:
            try:
                connection.connect(f"{self.connection_parameters['host']}/{cluster.SOCKET}")
            except OSError:
                return None
            peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        process_id: int = struct.unpack("3i", peer)[0]
        return process_id or None  # 0 is a process of another container

    def _short_name(self) -> Path | None:
        """A symbolic link for a path that is too long for a socket, or has libpq's list separator.

        Each user has its own, because in a shared directory the kernel follows no one else's.
        """
        path = os.fsencode(self.cluster / cluster.SOCKET)
        if len(path) <= LONGEST_SOCKET_PATH and b"," not in path:
            return None
        name = f"audience-platform-{os.geteuid()}-{hashlib.sha256(path).hexdigest()[:12]}"
        return Path(tempfile.gettempdir()) / name

    def _link_short_name(self) -> None:
        if link := self._short_name():
            with suppress(FileExistsError):
                link.symlink_to(self.cluster)
            if link.lstat().st_uid != os.geteuid() or link.readlink() != self.cluster:
                raise EmbeddedPostgresError(
                    f"{link} should be a link to {self.cluster}, of your own. Remove it, or give"
                    " PLATFORM_DATA_DIR a shorter path."
                )
