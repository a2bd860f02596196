"""``manage.py run_jobs``: carry out jobs until stopped."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from audience_platform import worker


class Command(BaseCommand):
    help = "Carry out jobs (bring audiences up to date) until stopped. Several may run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--concurrency", type=int, default=2, help="Jobs at a time (2).")
        parser.add_argument(
            "--once", action="store_true", help="Stop when nothing is left to do, for scripts."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        asyncio.run(worker.run(concurrency=options["concurrency"], wait=not options["once"]))
