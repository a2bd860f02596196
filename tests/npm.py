"""Packages of npm's that the tests use, installed as their lock file names them."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest


def installed(folder: Path) -> Path:
    """The ``node_modules`` of a folder with a lock file, filled if they are not yet. Skips the test
    where there is no npm, but not in CI."""
    npm = shutil.which("npm")
    if npm is None:
        assert "CI" not in os.environ, "npm is not installed"
        pytest.skip("there is no npm here; on Debian: apt-get install nodejs npm")
    with (folder / ".gitignore").open() as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        done, wanted = folder / "node_modules/.package-lock.json", folder / "package-lock.json"
        if not done.exists() or done.stat().st_mtime < wanted.stat().st_mtime:
            command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(command, cwd=folder, check=True, capture_output=True)
            done.touch()
    return folder / "node_modules"
