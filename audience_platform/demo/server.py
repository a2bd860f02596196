"""gunicorn's settings for the demo: a few workers and one that carries out jobs beside them, which
all end with the terminal that began them."""

import ctypes
import os
import signal
import subprocess
import sys
from typing import Any

import django
from django.conf import settings
from django.db import connection

wsgi_app = "audience_platform.wsgi"
workers = 2
threads = 4
loglevel = "warning"
control_socket_disable = True
graceful_timeout = 5


def on_starting(_arbiter: Any) -> None:
    """Use the database already here: an embedded PostgreSQL then runs for as long as the demo."""
    django.setup()
    connection.ensure_connection()
    connection.close()  # the workers, forked from this process, open their own


def post_fork(_arbiter: Any, _worker: Any) -> None:
    """Ctrl-C reaches the master alone, which tells the workers. (A worker told twice may wait for
    a lock that it holds itself, in ``ThreadWorker.handle_quit``, until it is killed.)"""
    os.setpgrp()


_jobs: subprocess.Popen[bytes] | None = None
_PR_SET_PDEATHSIG = 1  # Linux: the signal that a process gets when its parent is gone


def _end_with_the_server() -> None:
    """However it ends: also killed, when it can tell nobody."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def when_ready(_arbiter: Any) -> None:
    """Carry out jobs from now on; and let a closed terminal end the demo. (To gunicorn that signal
    means: read the settings anew.)"""
    global _jobs
    signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    command = [sys.executable, str(settings.BASE_DIRECTORY / "manage.py"), "run_jobs"]
    _jobs = subprocess.Popen(command, process_group=0, preexec_fn=_end_with_the_server)
    sys.stdout.write("Serving until Ctrl-C.\n")
    sys.stdout.flush()


def on_exit(_arbiter: Any) -> None:
    if _jobs is not None:
        _jobs.terminate()
        _jobs.wait()
