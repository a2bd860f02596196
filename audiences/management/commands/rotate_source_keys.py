"""``manage.py rotate_source_keys``: encrypt the keys of sources by the newest secret."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audiences.services.sources import encrypt_keys_anew
from audiences.sources.base import SourceError


class Command(BaseCommand):
    help = "Encrypt the keys of all sources by the first of SOURCE_SECRETS."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = encrypt_keys_anew()
        except SourceError as error:
            raise CommandError(f"{error} Nothing was changed.") from error
        self.stdout.write(f"Keys encrypted by the first of SOURCE_SECRETS: {done}.")
