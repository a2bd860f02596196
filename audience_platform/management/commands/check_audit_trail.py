"""``manage.py check_audit_trail``: whether anybody has rewritten what was done."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audience_platform.audit.seals import check
from audience_platform.models import AuditEvent, AuditSeal


class Command(BaseCommand):
    help = (
        "Check that the audit trail is as it was written. The last seal's hash, kept elsewhere, "
        "also tells a trail that was made anew from its beginning."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        breaks = list(check())
        for found in breaks:
            self.stderr.write(f"Seal {found.seal}: {found.why}" if found.seal else found.why)
        if breaks:
            raise CommandError(f"The audit trail has been rewritten, at {len(breaks)} places.")
        last = AuditSeal.objects.order_by("number").last()
        waiting = AuditEvent.objects.filter(seal=None).count()
        self.stdout.write(
            f"{AuditEvent.objects.count():,} events are as they were written; {waiting:,} of them "
            "wait for their seal."
        )
        if last:
            self.stdout.write(f"The last seal, {last.pk}, is {last.hash}.")
