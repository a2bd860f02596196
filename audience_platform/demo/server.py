"""gunicorn's settings for the demo: a few workers, which end with the terminal that began them."""

import os
import signal
import sys
from typing import Any

import django
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


def when_ready(_arbiter: Any) -> None:
    """A closed terminal ends the demo. (To gunicorn that signal means: read the settings anew.)"""
    signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    sys.stdout.write("Serving until Ctrl-C.\n")
    sys.stdout.flush()
