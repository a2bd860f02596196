from segments.admin.imports import ImportAdmin
from segments.admin.memberships import MembershipAdmin
from segments.admin.row import (
    LatePanel,
    Page,
    Panel,
    RowAdmin,
    RowForm,
    UnfoldModelAdmin,
    link,
)
from segments.admin.segments import SegmentAdmin
from segments.admin.space import SpaceAdmin, SuperusersOnly

__all__ = [
    "ImportAdmin",
    "LatePanel",
    "MembershipAdmin",
    "Page",
    "Panel",
    "RowAdmin",
    "RowForm",
    "SegmentAdmin",
    "SpaceAdmin",
    "SuperusersOnly",
    "UnfoldModelAdmin",
    "link",
]
