"""``manage.py demo`` as a process, with a database and a server of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings

from audience_platform.environment import names_read


class Demo:
    """``manage.py demo`` on a free port, begun in another directory, with no setting given."""

    def __init__(self, data: Path, *arguments: str) -> None:
        given = {name: value for name, value in os.environ.items() if name not in names_read}
        self.process = subprocess.Popen(
            [sys.executable, settings.BASE_DIRECTORY / "manage.py", "demo", *arguments],
            cwd=data,
            env=given | {"PLATFORM_DATA_DIR": str(data)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self.output = ""
        while "Serving until Ctrl-C." not in self.output:
            line = self.process.stdout.readline()
            assert line, self.output
            self.output += line
        self.address = self.printed(r"(http://127\.0\.0\.1:\d+)/admin/")

    def printed(self, pattern: str) -> str:
        found = re.search(pattern, self.output)
        assert found, self.output
        return found[1]

    def get(self, path: str) -> tuple[int, str]:
        with urllib.request.urlopen(self.address + path) as response:
            return response.status, response.read().decode()

    def end(self, by: signal.Signals) -> int:
        """End it as a terminal does, which tells all its processes."""
        os.killpg(self.process.pid, by)
        self.output += self.process.communicate(timeout=30)[0]
        return self.process.returncode


@pytest.fixture
def data_directory() -> Iterator[Path]:
    """One whose path has a blank, and that every user can reach (root's server is another's)."""
    with tempfile.TemporaryDirectory(prefix="the demo ") as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


@pytest.fixture
def start_demo(data_directory: Path) -> Iterator[Callable[..., Demo]]:
    demos: list[Demo] = []

    def start(*arguments: str) -> Demo:
        demos.append(Demo(data_directory, *arguments))
        return demos[-1]

    yield start
    for demo in demos:
        if demo.process.poll() is None:
            demo.end(signal.SIGKILL)


def processes_in(directory: Path) -> list[str]:
    """The command lines that name the directory."""
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline")]
    return [line.decode() for line in lines if str(directory).encode() in line]


@pytest.mark.skipif(
    shutil.which("curl") is None and "CI" not in os.environ, reason="curl is not installed"
)
def test_the_demo_serves_from_nothing_and_leaves_nothing_running(
    start_demo: Callable[..., Demo], data_directory: Path
) -> None:
    first = start_demo("--port", "0")
    answered = subprocess.run(
        ["bash", "-c", first.printed("(curl .*)")],
        capture_output=True,
        text=True,
        check=True,
    )
    offers = json.loads(answered.stdout)["data"]
    assert first.get("/health/ready")[0] == 200
    assert "Log in" in first.get("/admin/")[1]
    assert first.get("/static/admin/css/base.css")[0] == 200
    assert first.end(signal.SIGINT) == 0
    assert processes_in(data_directory) == []
    with pytest.raises(urllib.error.URLError):
        first.get("/health/live")
    assert len(offers) == 32
    assert {offer["attributes"]["visible_status"] for offer in offers} == {
        *("visible", "expired", "age_restricted", "missing_required_segments")
    }
    assert all(offer["attributes"]["visible_reasons"] for offer in offers)

    again = start_demo("--port", first.address.rpartition(":")[2])
    assert "is kept as it was" in again.output
    assert again.end(signal.SIGKILL) == -signal.SIGKILL

    third = start_demo("--port", "0", "--reset")
    assert "is loaded" in third.output
    assert third.end(signal.SIGTERM) == 0
    assert processes_in(data_directory) == []


def test_a_closed_terminal_ends_the_demo(
    start_demo: Callable[..., Demo], data_directory: Path
) -> None:
    demo = start_demo("--port", "0")
    assert demo.get("/health/live")[0] == 200

    assert demo.end(signal.SIGHUP) == 0
    assert processes_in(data_directory) == []


def test_two_first_runs_at_once_load_the_data_once(
    start_demo: Callable[..., Demo], data_directory: Path
) -> None:
    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(start_demo, "--port", "0") for _ in range(2)]
        demos = [run.result() for run in runs]

    assert sorted("is kept as it was" in demo.output for demo in demos) == [False, True]
    assert [demo.get("/health/ready")[0] for demo in demos] == [200, 200]
    assert [demo.end(signal.SIGTERM) for demo in demos] == [0, 0]
    assert processes_in(data_directory) == []
