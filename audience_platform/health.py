"""Whether the platform is up, for load balancers and supervisors.

``/health/live``: this process answers; nothing else is asked. Not so? Restart it.
``/health/ready``: the database answers too, and has every migration. Not so? Send requests
elsewhere: the answer is 503 then, and ``checks`` says what is wrong. What the database itself says
(it may name hosts and roles) goes to the log alone.
"""

from __future__ import annotations

import logging

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

logger = logging.getLogger(__name__)

OK = "ok"


@never_cache
@require_safe
def live(_request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": OK})


@never_cache
@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    checks = {"database": OK, "migrations": OK}
    try:
        pending = _pending_migrations()
    except Error:
        logger.exception("The database does not answer.")
        checks = {"database": "does not answer", "migrations": "unknown"}
    else:
        if pending:
            checks["migrations"] = f"run manage.py migrate, to apply {', '.join(pending)}"
    well = all(state == OK for state in checks.values())
    return JsonResponse(
        {"status": OK if well else "not ready", "checks": checks}, status=200 if well else 503
    )


def _pending_migrations() -> list[str]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


urlpatterns = [path("live", live, name="live"), path("ready", ready, name="ready")]
