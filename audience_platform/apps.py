from django.apps import AppConfig


class AudiencePlatformConfig(AppConfig):
    name = "audience_platform"
    verbose_name = "Access"

    def ready(self) -> None:
        from audience_platform import checks  # noqa: F401 - registers them, once apps are there
