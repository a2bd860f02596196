"""Every test runs real servers, in a directory of its own, used by real processes."""

from __future__ import annotations

import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from audience_platform.embedded_postgres import EmbeddedPostgresError, EmbeddedServer, programs
from audience_platform.embedded_postgres.programs import Account

PYTHON_PATH = os.pathsep.join([str(Path(__file__).resolve().parents[2]), *sys.path])
NOBODY = 65534

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can run as someone else")
needs_system_postgresql = pytest.mark.skipif(
    not any(int(path.name) >= 15 for path in programs.DEBIAN.glob("[1-9][0-9]")),
    reason="this system has no PostgreSQL of its own",
)

PYTHON = """
import os, sys, threading, time
from pathlib import Path
import psycopg
from audience_platform.embedded_postgres import EmbeddedPostgresError, locks, programs, start
directory = Path(sys.argv[1])
def connect(name="postgres"):
    return psycopg.connect(dbname=name, autocommit=True, **server.connection_parameters)
def hold(held, release):
    with locks.exclusive(directory / "postgresql" / "start.lock"):
        held.set()
        release.wait()
def refusal():
    try:
        start(directory)
    except EmbeddedPostgresError as error:
        return error
"""


class Process:
    """A Python process that does what it is told, line by line."""

    def __init__(self, directory: Path, **environment: str) -> None:
        loop = "for line in sys.stdin:\n    exec(line)\n    print('done', flush=True)"
        self.process = subprocess.Popen(
            [sys.executable, "-c", PYTHON + loop, directory],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=clean_environment(**environment),
        )

    def begin(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def finish(self) -> str:
        """What it printed meanwhile; the platform itself prints nothing."""
        assert self.process.stdout is not None
        printed = ""
        while (line := self.process.stdout.readline()) != "done\n":
            assert line, "the process ended"
            printed += line
        return printed.strip()

    def do(self, line: str) -> str:
        self.begin(line)
        return self.finish()

    def start(self) -> Process:
        assert self.do("server = start(directory)") == ""
        return self

    def end(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()

    def kill(self) -> None:
        self.process.kill()
        self.end()


def clean_environment(**environment: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PLATFORM_")}
    return kept | {"PYTHONPATH": PYTHON_PATH} | environment


@pytest.fixture
def new_directory() -> Iterator[Path]:
    """One that other users can reach (they can't reach pytest's)."""
    made = Path(tempfile.mkdtemp(prefix="embedded-"))
    made.chmod(0o755)
    yield made
    EmbeddedServer(made).stop()
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data of a server that has stopped."""
    directory = tmp_path_factory.mktemp("made")
    server = EmbeddedServer(directory)
    server.start()
    server.leave()
    with (data(directory) / "postgresql.conf").open("a") as configuration:
        configuration.write("fsync = off\n")  # a slow disk is not what the tests are about
    return directory / "postgresql"


@pytest.fixture
def directory(new_directory: Path, made: Path) -> Path:
    subprocess.run(["cp", "--archive", made, new_directory], check=True)
    (new_directory / "postgresql" / "server.log").unlink()
    return new_directory


@pytest.fixture
def process(new_directory: Path) -> Iterator[Callable[..., Process]]:
    made: list[Process] = []

    def make(directory: Path = new_directory, **environment: str) -> Process:
        made.append(Process(directory, **environment))
        return made[-1]

    yield make
    for each in made:
        each.kill()


New = Callable[..., Process]


def connect(directory: Path, name: str = "postgres") -> psycopg.Connection:
    parameters = EmbeddedServer(directory).connection_parameters
    return psycopg.connect(dbname=name, autocommit=True, **parameters)


def is_up(directory: Path) -> bool:
    try:
        connect(directory).close()
    except psycopg.OperationalError:
        return False
    return True


def data(directory: Path) -> Path:
    return directory / "postgresql" / "data"


def postmaster(directory: Path) -> int:
    return int((data(directory) / "postmaster.pid").read_text().split()[0])


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


def starts_logged(directory: Path) -> int:
    return (directory / "postgresql" / "server.log").read_text().count("ready to accept")


def refusal(directory: Path) -> str:
    server = EmbeddedServer(directory)
    with pytest.raises(EmbeddedPostgresError) as refused:
        server.start()
    server.leave()
    return str(refused.value)


def as_nobody(process: New, directory: Path) -> Process:
    """A process of an ordinary user, who may not be able to reach the repository."""
    reachable = next(programs.available(Account(NOBODY, NOBODY, []))).folder
    user = process(directory, PATH=f"{reachable}:{os.environ['PATH']}")
    user.do(f"os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})")
    return user


# Users


def test_users_share_a_server_that_the_last_one_stops(directory: Path, process: New) -> None:
    first, second = process().start(), process().start()
    first.end()
    assert is_up(directory)
    second.do("connect().execute('CREATE TABLE kept AS SELECT 1 AS one')")
    second.end()
    assert not is_up(directory)

    third = process().start()
    assert third.do("print(connect().execute('SELECT one FROM kept').fetchone())") == "(1,)"
    assert starts_logged(directory) == 2


def test_a_killed_user_is_no_user(directory: Path, process: New) -> None:
    killed, other = process().start(), process().start()
    killed.do("session = connect(); session.execute('SELECT 1')")
    killed.kill()
    assert other.do("print(connect().execute('SELECT 1').fetchone())") == "(1,)"
    other.end()
    assert not is_up(directory)


def test_a_server_is_kept_on_demand(directory: Path, process: New) -> None:
    process(PLATFORM_KEEP_DATABASE="1").start().end()
    assert is_up(directory)
    process().start().end()
    assert not is_up(directory)


def test_a_session_of_someone_else_keeps_the_server(directory: Path, process: New) -> None:
    user = process().start()
    parameters = EmbeddedServer(directory).connection_parameters | {"application_name": "psql"}
    with psycopg.connect(dbname="postgres", **parameters) as session:
        user.end()
        session.execute("SELECT 1")
    process().start().end()
    assert not is_up(directory)


def test_sessions_of_its_own_do_not_keep_the_server(directory: Path, process: New) -> None:
    user = process().start()
    user.do("sessions = [connect() for _ in range(5)]")
    user.do("threading.Thread(target=lambda s=connect(): time.sleep(60), daemon=True).start()")
    user.end()
    assert not is_up(directory)


def test_a_forked_child_outlives_its_parent(directory: Path, process: New) -> None:
    parent = process().start()
    child = int(parent.do("child = os.fork() or time.sleep(60); print(child)"))
    parent.end()
    process().start().end()
    assert is_up(directory)
    os.kill(child, signal.SIGKILL)
    process().start().end()
    assert not is_up(directory)


def test_a_forked_child_leaves_its_parent_the_server(directory: Path, process: New) -> None:
    parent = process().start()
    parent.do("child = os.fork() or sys.exit()")
    parent.do("os.waitpid(child, 0)")
    assert is_up(directory)
    parent.end()
    assert not is_up(directory)


def test_a_child_forked_while_a_thread_holds_a_lock(directory: Path, process: New) -> None:
    """It doesn't go on holding it."""
    parent = process().start()
    parent.do("held, release = threading.Event(), threading.Event()")
    parent.do("thread = threading.Thread(target=hold, args=[held, release])")
    parent.do("thread.start(); held.wait()")
    child = int(parent.do("child = os.fork() or time.sleep(60); print(child)"))
    parent.do("release.set(); thread.join()")
    process().start().do("server.create_database('ours')")
    os.kill(child, signal.SIGKILL)


def test_a_daemon_that_closed_all_files_is_a_user_again(directory: Path, process: New) -> None:
    daemon = process().start()
    daemon.do("os.closerange(3, 100)")
    daemon.start()
    process().start().end()
    assert is_up(directory)


def test_a_deleted_directory_starts_afresh(directory: Path, process: New) -> None:
    user = process().start()
    user.do("server.create_database('one')")
    os.kill(postmaster(directory), signal.SIGKILL)
    wait_until(EmbeddedServer(directory)._is_gone)
    shutil.rmtree(directory / "postgresql")
    user.start()
    user.do("server.create_database('one')")
    user.do("connect('one').execute('SELECT 1')")
    process().start().end()
    assert is_up(directory)


# Starts


def test_six_first_starts_at_once(new_directory: Path, process: New) -> None:
    six = [process() for _ in range(6)]
    for each in six:
        each.do("pass")
    for each in six:
        each.begin("server = start(directory); server.create_database('ours')")
    for each in six:
        assert each.finish() == ""
    query = "SELECT system_identifier FROM pg_control_system()"
    answers = {each.do(f"print(connect('ours').execute('{query}').fetchone())") for each in six}
    assert len(answers) == 1
    assert starts_logged(new_directory) == 1
    assert not list((new_directory / "postgresql").glob("new-*"))


def test_a_first_start_that_is_killed(new_directory: Path, process: New) -> None:
    killed = process()
    killed.begin("start(directory)")
    wait_until(lambda: any((new_directory / "postgresql").glob("new-*/base")))
    killed.kill()
    assert not data(new_directory).exists()
    process().start()
    assert not list((new_directory / "postgresql").glob("new-*"))


def test_a_killed_server_is_restarted(directory: Path, process: New) -> None:
    user = process().start()
    for at_once in (True, False):
        killed = postmaster(directory)
        os.kill(killed, signal.SIGKILL)
        if not at_once:
            wait_until(lambda: not is_up(directory))
        user.start()
        assert is_up(directory)
        assert postmaster(directory) != killed


def test_a_busy_session_of_a_killed_server_does_not_delay_the_next(
    directory: Path, process: New
) -> None:
    user, busy = process().start(), process().start()
    busy.begin("connect().execute('SELECT count(*) FROM generate_series(1, 10000000000)')")
    with connect(directory) as session:
        is_busy = "SELECT FROM pg_stat_activity WHERE state = 'active' AND query ~ '10{10}'"
        wait_until(lambda: session.execute(is_busy).fetchone() is not None)
    os.kill(postmaster(directory), signal.SIGKILL)
    began = time.monotonic()
    user.start()
    assert time.monotonic() - began < 15


def test_a_stale_process_id_file(directory: Path, process: New) -> None:
    owner = data(directory).stat()
    innocent = subprocess.Popen(["sleep", "60"], user=owner.st_uid if os.geteuid() == 0 else None)
    try:
        for content in (f"{innocent.pid}\n{data(directory)}\n1\n5432\n.\n\n", "12", "", "\0\n"):
            for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
                file = data(directory) / name
                file.write_text(content)
                os.chown(file, owner.st_uid, owner.st_gid)
            process().start().end()
            assert not is_up(directory)
        assert innocent.poll() is None
    finally:
        innocent.kill()
        innocent.wait()


def test_a_server_started_by_hand_is_used(directory: Path, process: New) -> None:
    process(PLATFORM_KEEP_DATABASE="1").start().end()
    (directory / "postgresql" / "server.lock").unlink()  # as nobody else holds it
    user = process().start()
    assert starts_logged(directory) == 1
    user.end()
    assert not is_up(directory)


@pytest.mark.parametrize("name", ["a" * 80 + "/" + "b" * 79, "with,comma and space's"])
def test_a_path_that_no_socket_can_have(directory: Path, process: New, name: str) -> None:
    deep = directory / name
    deep.mkdir(parents=True)
    (directory / "postgresql").rename(deep / "postgresql")
    user = process(deep).start()
    user.do("connect().execute('SELECT 1')")
    links = [path for path in Path(tempfile.gettempdir()).iterdir() if path.is_symlink()]
    assert data(deep) in [link.readlink() for link in links]
    user.end()
    assert not is_up(deep)
    assert not [link for link in links if link.is_symlink() and link.readlink() == data(deep)]


def test_a_database_is_created_once(directory: Path, process: New) -> None:
    users = [process().start() for _ in range(4)]
    for user in users:
        user.begin("server.create_database('it''s \"ours\"')")
    for user in users:
        assert user.finish() == ""
        user.do("connect('it''s \"ours\"').execute('SELECT 1')")


# What it is


def test_its_settings(new_directory: Path, process: New) -> None:
    process(PGPORT="1234", PGDATA="/nowhere", LANG="nl_NL", LC_ALL="C").start()
    expected = {
        "fsync": "on",
        "synchronous_commit": "on",
        "autovacuum": "on",
        "jit": "off",
        "listen_addresses": "",
        "port": "5432",
        "shared_buffers": "256MB",
        "max_wal_size": "4GB",
        "server_encoding": "UTF8",
        "data_checksums": "on",
        "TimeZone": "UTC",
    }
    with connect(new_directory) as session:
        for name, value in expected.items():
            assert session.execute("SELECT current_setting(%s)", [name]).fetchone() == (value,)
        assert session.execute("SELECT lower('ÉÅ'), 'É' ILIKE 'é'").fetchone() == ("éå", True)
    assert stat.S_IMODE(data(new_directory).stat().st_mode) == 0o700
    assert stat.S_IMODE((new_directory / "postgresql" / "server.log").stat().st_mode) == 0o600


# Programs and accounts


@needs_system_postgresql
def test_a_system_postgresql_serves_without_the_package(new_directory: Path, process: New) -> None:
    without, with_it = process(), process()
    without.do("programs._packaged = lambda account: None")
    without.start()
    without.do("connect().execute('CREATE TABLE kept (one int)')")
    with connect(new_directory) as session:
        made_by = session.info.server_version // 10000
    without.end()

    with_it.start()  # and goes on serving the data that it made
    assert with_it.do("print(connect().info.server_version // 10000)") == str(made_by)
    with_it.do("connect().execute('TABLE kept')")


def test_data_of_another_version(directory: Path, process: New) -> None:
    process().start().end()
    (data(directory) / "PG_VERSION").write_text("14\n")
    assert re.search(r"made by PostgreSQL 14, but the .* is 1[5-9] \(in /", refusal(directory))


def test_no_postgresql_at_all(new_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "_packaged", lambda _: None)
    monkeypatch.setattr(programs, "DEBIAN", new_directory)
    monkeypatch.setenv("PATH", "")
    assert "No PostgreSQL was found. Install the Python package" in refusal(new_directory)


def test_a_server_that_cannot_start(directory: Path, process: New) -> None:
    process().start().end()
    with (data(directory) / "postgresql.conf").open("a") as configuration:
        configuration.write("shared_buffers = nonsense\n")
    assert re.search("(?s)server.log ends with:.*nonsense", refusal(directory))


def test_a_directory_that_cannot_be() -> None:
    assert "Give PLATFORM_DATA_DIR a local directory" in refusal(Path("/dev/null"))


def test_something_else_in_the_place_of_the_data(new_directory: Path) -> None:
    data(new_directory).mkdir(parents=True)
    (data(new_directory) / "letter.txt").touch()
    assert "Directory not empty" in refusal(new_directory)
    assert (data(new_directory) / "letter.txt").exists()


@as_root
def test_root_needs_no_way_through_for_the_server(
    tmp_path: Path, new_directory: Path, process: New
) -> None:
    """Neither to the data nor to the programs; the directories above keep their modes."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    package = Path(programs._packaged(Account()) or "").parents[1]
    for folder in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(folder, closed / folder.name)
    user = process(closed, PYTHONPATH=f"{closed}:{PYTHON_PATH}")
    user.do(f"programs.COPIES = Path('{new_directory}/copies')")
    user.start()
    assert user.do("print(programs._packaged(programs.Account()))").startswith(str(closed))
    user.do("connect().execute('CREATE EXTENSION pg_trgm')")
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert data(closed).stat().st_uid != 0
    user.end()
    assert not is_up(closed)


@as_root
@pytest.mark.skipif(not (programs.DEBIAN / "15").exists(), reason="later ones need no way")
def test_root_is_told_when_the_server_has_no_way(tmp_path: Path, process: New) -> None:
    user = process(tmp_path)
    user.do("programs._packaged = lambda account: None")
    user.do("programs._debian = lambda: [programs.DEBIAN / '15' / 'bin']")
    assert "has no way to" in user.do("print(refusal())")
    EmbeddedServer(tmp_path).stop()


@as_root
def test_an_ordinary_user(new_directory: Path, process: New) -> None:
    own = new_directory / "own"
    own.mkdir()
    os.chown(own, NOBODY, NOBODY)
    user = as_nobody(process, own).start()
    assert data(own).stat().st_uid == NOBODY

    root = process(own).start()  # which uses the same server
    user.end()
    root.do("connect().execute('SELECT 1')")
    root.end()
    assert not is_up(own)
    process(own).start().end()  # and starts it as its owner
    as_nobody(process, own).start().end()
    assert not is_up(own)


@as_root
def test_data_of_another_user(directory: Path, process: New) -> None:
    process().start()
    user = as_nobody(process, directory)
    assert "belongs to another user" in user.do("print(refusal())")


# Under Django

DJANGO = """
import os, signal, sys, time
from pathlib import Path
import django
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, close_old_connections, connection
settings.configure(
    DATABASES={"default": {
        "ENGINE": "audience_platform.postgresql",
        "NAME": "ours",
        "DATA_DIRECTORY": Path(sys.argv[1]),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    }},
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
    USE_TZ=True,
)
django.setup()
def ask(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()
def databases():
    return ask("SELECT array_agg(datname ORDER BY oid) FROM pg_database WHERE NOT datistemplate")[0]
"""


def django(directory: Path, script: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", DJANGO + textwrap.dedent(script), directory],
        capture_output=True,
        text=True,
        env=clean_environment(),
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    return ran.stdout


def test_django_starts_it_and_creates_its_database(directory: Path) -> None:
    script = "call_command('migrate', verbosity=0); print(databases(), ask('SHOW TimeZone'))"
    assert django(directory, script) == "['postgres', 'ours'] ('UTC',)\n"
    assert not is_up(directory)
    assert django(directory, "print(ask('SELECT count(*) FROM auth_user'))") == "(0,)\n"


def test_django_starts_nothing_that_it_does_not_need(new_directory: Path) -> None:
    django(new_directory, "call_command('check')")
    assert not list(new_directory.iterdir())


def test_a_killed_server_is_back_before_the_next_request(directory: Path) -> None:
    django(
        directory,
        """
        ask("SELECT 1")
        file = Path(sys.argv[1], "postgresql/data/postmaster.pid")
        os.kill(int(file.read_text().split()[0]), signal.SIGKILL)
        time.sleep(0.5)  # its sessions live a moment longer
        close_old_connections()  # as Django does when a request begins
        ask("SELECT 1")
        """,
    )


def test_test_databases_are_made_cloned_and_destroyed(directory: Path) -> None:
    made = django(
        directory,
        """
        creation = connection.creation
        creation.create_test_db(verbosity=0, serialize=False)
        assert ask("SELECT current_database()") == ("test_ours",)
        creation.clone_test_db("1", verbosity=0)
        print(databases())
        creation.destroy_test_db(verbosity=0, suffix="1")
        creation.destroy_test_db("ours", verbosity=0)
        print(databases())
        """,
    )
    assert made == "['postgres', 'test_ours', 'test_ours_1']\n['postgres', 'ours']\n"


def test_dbshell(directory: Path) -> None:
    shell = """
        os.environ["PATH"] = "/nowhere"
        call_command("dbshell", "--", "-Atc", "SELECT current_database()")
    """
    assert django(directory, shell) == "ours\n"


def test_a_server_that_cannot_start_is_an_operational_error(new_directory: Path) -> None:
    (new_directory / "postgresql").touch()
    refused = """
        try:
            ask("SELECT 1")
        except OperationalError as error:
            print(error)
    """
    assert "Give PLATFORM_DATA_DIR a local directory" in django(new_directory, refused)
