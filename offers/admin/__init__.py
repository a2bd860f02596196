from audiences.admin import AudienceAdmin
from offers.admin.offers import OfferAdmin
from offers.admin.panels import AudienceOffersPanel, MembershipOffersPanel
from segments.admin import MembershipAdmin

MembershipAdmin.panels.append(MembershipOffersPanel())
AudienceAdmin.panels.append(AudienceOffersPanel())

__all__ = ["OfferAdmin"]
