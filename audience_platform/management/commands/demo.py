from __future__ import annotations

import datetime
import errno
import os
import socket
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.db import OperationalError, connection, connections
from django.utils import timezone

from audience_platform.demo.access import Access, give_access
from audience_platform.demo.load import SLUG, holdings, load
from audience_platform.demo.sample import LAST_DAY, Sample, possible_last_days
from segments.models import Space

HOST = "127.0.0.1"
# One that sees some offers and not others, for three reasons.
ASKED = (
    "/api/membership-offers?filter[external_id]=household-88&page[size]=100"
    "&fields[membership-offers]=name,visible_status,visible_reasons"
)
ONE_AT_A_TIME = 20171231  # the key of an advisory lock


def date(value: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(value)
    except ValueError:
        raise ArgumentTypeError(f"{value!r} is not a date. Give one as YYYY-MM-DD.") from None


def port(value: str) -> int:
    if not value.isdecimal() or int(value) > 65535:
        raise ArgumentTypeError(f"{value!r} is not a port. Give a number from 1 to 65535.")
    return int(value)


class Command(BaseCommand):
    help = (
        "Tries the platform on sample data: brings the database up to date, loads the data once, "
        f"makes a user and a token, and serves on {HOST} until Ctrl-C."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--port", type=port, default=8000, help="Where to serve (8000); 0: on any free port."
        )
        parser.add_argument(
            "--as-of",
            type=date,
            metavar="DATE",
            help=f"The day that the data's last day, {LAST_DAY}, becomes (today).",
        )
        parser.add_argument(
            "--reset", action="store_true", help="Load the sample data afresh over what is there."
        )
        parser.add_argument("--no-serve", action="store_true", help="Stop before serving.")

    def handle(self, **options: Any) -> None:
        now = timezone.now()
        last_day: datetime.date | None = options["as_of"]
        if last_day:
            _check_last_day(last_day, now.date())
        # taken before all else, and kept: nothing is loaded in vain
        listener = None if options["no_serve"] else _listen(options["port"])
        port = listener.getsockname()[1] if listener else options["port"]
        try:
            with _one_at_a_time():
                call_command("migrate", verbosity=0, interactive=False, skip_checks=False)
                space = self._data(last_day, reset=options["reset"], now=now)
                access = give_access(space, at=now)
        except OperationalError as error:
            raise CommandError(f"The database doesn't answer: {error}") from error
        self._tell(access, f"http://{HOST}:{port}")
        if listener is None:
            self.stdout.write("Not serving, as --no-serve asks.")
            return
        self.stdout.flush()
        _serve(listener)

    def _data(
        self, last_day: datetime.date | None, *, reset: bool, now: datetime.datetime
    ) -> Space:
        space = Space.objects.filter(slug=SLUG).first()
        kept = space is not None and not reset
        if space is None or reset:
            last_day = last_day or now.date()
            self.stdout.write(f"Loading the sample data, its last day moved to {last_day} ...")
            space = load(Sample(last_day), now=now)
        held = holdings(space)
        self.stdout.write(
            f"The space “{SLUG}” {'is kept as it was' if kept else 'is loaded'}: "
            f"{held.memberships:,} memberships, {held.segments:,} segments "
            f"with {held.segment_memberships:,} places, {held.offers:,} offers."
        )
        if kept:
            unused = " --as-of has no effect on it." if last_day else ""
            self.stdout.write(f"To load it afresh, add --reset.{unused}")
        return space

    def _tell(self, access: Access, address: str) -> None:
        self.stdout.write(
            f"""
Admin      {address}/admin/
           user {access.username}, password {access.password}
API token  {access.token}
           space {SLUG}; reads and writes

The password and the token hold until the next run. One member's offers, and why not the others:

curl -sSg -H "Authorization: Bearer {access.token}" "{address}{ASKED}" | python3 -m json.tool
"""
        )


def _check_last_day(last_day: datetime.date, today: datetime.date) -> None:
    possible = possible_last_days(today)
    if not possible.first <= last_day <= possible.last:
        raise CommandError(
            f"--as-of {last_day} would give members birthdays in the future or more than 123 years "
            f"ago. Give a day from {possible.first} to {possible.last}."
        )


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        why = "is taken by another program" if error.errno == errno.EADDRINUSE else "is not yours"
        raise CommandError(
            f"Port {port} {why}. Choose another with --port; --port 0 takes any that is free."
        ) from error


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Let a second run wait until the first has loaded."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [ONE_AT_A_TIME])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ONE_AT_A_TIME])


def _serve(listener: socket.socket) -> None:
    """Become gunicorn, on this socket. Signals then reach it directly, and its children with it."""
    connections.close_all()
    os.set_inheritable(listener.fileno(), True)
    os.chdir(settings.BASE_DIRECTORY)  # where python -m finds the platform
    command = [sys.executable, "-m", "gunicorn", "--config", "python:audience_platform.demo.server"]
    command += ["--bind", f"fd://{listener.fileno()}"]
    # Only this machine can ask, by these names; so there is no need for HTTPS.
    demo = {"HTTPS": "false", "BEHIND_PROXY": "", "ALLOWED_HOSTS": f"localhost,{HOST}"}
    os.execve(sys.executable, command, os.environ | demo)
