from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("health/", include(("audience_platform.health", "health"))),
    path("admin/", admin.site.urls),
]
