import sys
from pathlib import Path

from django.apps import AppConfig


class AudiencePlatformConfig(AppConfig):
    name = "audience_platform"
    verbose_name = "Access"

    def ready(self) -> None:
        from audience_platform import checks  # noqa: F401 - registers them, once apps are there
        from audience_platform.audit import acting

        acting.tell_on_every_connection()
        if Path(sys.argv[0]).name == "manage.py" and len(sys.argv) > 1:
            acting.act_as_process(acting.by_command(sys.argv[1]))
