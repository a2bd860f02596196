from django.apps import AppConfig


class AudiencePlatformConfig(AppConfig):
    name = "audience_platform"
    verbose_name = "Access"
