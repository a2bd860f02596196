from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from audience_platform.admin.home import home_pages

handler400 = "audience_platform.dialects.bad_request"
handler404 = "audience_platform.dialects.not_found"
handler500 = "audience_platform.dialects.server_error"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("health/", include(("audience_platform.health", "health"))),
    path("", include("audience_platform.facades.adobe.urls")),
    path("", include("audience_platform.facades.segment.urls")),
    path("api/v1/", include("audience_platform.facades.fanfare.urls")),
    path("api/", include("audience_platform.api.urls")),
    path("admin/", ([*home_pages(admin.site), *admin.site.get_urls()], "admin", admin.site.name)),
]
