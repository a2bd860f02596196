"""The routes under ``/api/v1/``."""

from __future__ import annotations

from django.urls import path

from audience_platform.facades.fanfare.views import (
    audiences,
    consumers,
    groups,
    imports,
    members,
    rules,
)

_ONE = "audiences/<str:id>"

urlpatterns = [
    path("audiences", audiences.Audiences.as_view(), name="fanfare-audiences"),
    path("audiences/loyalty-tiers", groups.LoyaltyTiers.as_view(), name="fanfare-tiers"),
    path("audiences/loyalty-tiers/<str:id>", groups.OneGroupOfTiers.as_view(), name="fanfare-tier"),
    path("audiences/import/klaviyo", imports.KlaviyoImport.as_view(), name="fanfare-klaviyo"),
    path("audiences/groups/<str:id>", groups.Group.as_view(), name="fanfare-group"),
    path(
        "audiences/groups/<str:id>/members",
        groups.GroupMembersView.as_view(),
        name="fanfare-group-members",
    ),
    path(_ONE, audiences.OneAudience.as_view(), name="fanfare-audience"),
    path(f"{_ONE}/count", audiences.Count.as_view(), name="fanfare-count"),
    path(f"{_ONE}/status", audiences.Status.as_view(), name="fanfare-status"),
    path(f"{_ONE}/sync", audiences.Resync.as_view(), name="fanfare-sync"),
    path(f"{_ONE}/import", imports.AudienceImport.as_view(), name="fanfare-import"),
    path(f"{_ONE}/members", members.AudienceMembers.as_view(), name="fanfare-members"),
    path(f"{_ONE}/consumers", members.AudienceMembers.as_view(), name="fanfare-enrol"),
    path(f"{_ONE}/consumers/<str:consumer_id>", members.OneMember.as_view(), name="fanfare-member"),
    path(f"{_ONE}/rules", rules.Rules.as_view(), name="fanfare-rules"),
    path(f"{_ONE}/rules/<str:rule_id>", rules.OneRule.as_view(), name="fanfare-rule"),
    path("consumers/batch", consumers.Batch.as_view(), name="fanfare-batch"),
    path(
        "consumers/<str:id>/audiences",
        consumers.AudiencesOfAConsumer.as_view(),
        name="fanfare-consumer-audiences",
    ),
    path("uploads/<str:token>", imports.Upload.as_view(), name="fanfare-uploads"),
]
