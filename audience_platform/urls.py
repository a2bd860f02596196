from django.contrib import admin
from django.urls import include, path

handler400 = "audience_platform.api.errors.bad_request"
handler404 = "audience_platform.api.errors.not_found"
handler500 = "audience_platform.api.errors.server_error"

urlpatterns = [
    path("health/", include(("audience_platform.health", "health"))),
    path("api/", include("audience_platform.api.urls")),
    path("admin/", admin.site.urls),
]
