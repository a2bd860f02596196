"""The README's commands, run as they stand there by somebody who has just cloned it.

Each fenced block marked ``sh`` is a command: the first sets the platform up and serves the demo,
the last runs the tests (``.ci/run`` does that), those between are run against the demo. Blocks
marked ``text`` show what is printed; ``...`` stands for what differs each time.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class

from audience_platform.environment import names_read

ROOT = settings.BASE_DIRECTORY
README = (ROOT / "README.md").read_text(encoding="utf-8")
SET_UP, *COMMANDS, TESTS = re.findall(r"^```sh\n(.*?)\n```$", README, re.MULTILINE | re.DOTALL)
SHOWN = re.findall(r"^```text\n(.*?)\n```$", README, re.MULTILINE | re.DOTALL)
NOT_CLONED = shutil.ignore_patterns(".*_cache", ".git", ".venv", ".data", "__pycache__")


@pytest.fixture
def clone() -> Iterator[Path]:
    """A fresh copy, in a path with blanks that every user can reach."""
    with tempfile.TemporaryDirectory(prefix="a newcomer's ") as directory:
        Path(directory).chmod(0o755)
        yield Path(shutil.copytree(ROOT, Path(directory) / "first clone", ignore=NOT_CLONED))


def newcomers_environment() -> dict[str, str]:
    """This environment without our settings, and without the virtual environment in use."""
    ours = names_read | {"DJANGO_SETTINGS_MODULE", "PYTHONPATH", "VIRTUAL_ENV"}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    path = kept["PATH"].split(os.pathsep)
    kept["PATH"] = os.pathsep.join(part for part in path if not part.startswith(sys.prefix))
    return kept


def looks_like(shown: str) -> str:
    """The pattern of what a block shows."""
    return re.escape(shown).replace(r"\.\.\.", ".*").replace(":8000", r":\d+")


@pytest.mark.skipif(
    shutil.which("curl") is None and "CI" not in os.environ, reason="curl is not installed"
)
def test_the_readmes_commands_work_in_a_fresh_clone(clone: Path) -> None:
    environment = newcomers_environment()
    demo = subprocess.Popen(
        ["bash", "-c", f"{SET_UP} --port 0"],
        cwd=clone,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert demo.stdout is not None
    output = ""
    try:
        while "Serving until Ctrl-C." not in output:
            line = demo.stdout.readline()
            assert line, output
            output += line
        for shown in SHOWN:
            assert re.search(looks_like(shown), output), shown
        address = re.search(r"127\.0\.0\.1:\d+", output)
        token = re.search(r"^API token +(\S+)$", output, re.MULTILINE)
        assert address
        assert token
        printed = [line for line in output.splitlines() if line.startswith("curl")]
        for command in [*printed, *COMMANDS]:
            script = f'curl() {{ command curl -fsS "$@"; }}\n{command}'
            ran = subprocess.run(
                ["bash", "-euc", script.replace("127.0.0.1:8000", address[0])],
                cwd=clone,
                env=environment | {"TOKEN": token[1]},
                capture_output=True,
                text=True,
                check=False,
            )
            assert ran.returncode == 0, (command, ran.stdout, ran.stderr)
            assert ran.stdout, command
    finally:
        os.killpg(demo.pid, signal.SIGINT)
        output += demo.communicate(timeout=60)[0]
    assert demo.returncode == 0, output


def test_ci_runs_the_readmes_test_command() -> None:
    lines = [line.strip() for line in (ROOT / ".ci" / "run").read_text().splitlines()]

    assert TESTS in lines


def test_the_readme_names_every_command_of_ours() -> None:
    ours = {
        name: load_command_class(app, name)
        for name, app in get_commands().items()
        if isinstance(app, str) and (ROOT / app).is_dir()
    }

    assert set(re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE)) == set(ours)
    assert all(command.help for command in ours.values())
