from audiences.admin import UsesPanel
from offers.admin.offers import OfferAdmin
from offers.admin.panels import AudienceOffersPanel, MembershipOffersPanel
from segments.admin import MembershipAdmin

MembershipAdmin.panels.append(MembershipOffersPanel())
UsesPanel.parts.append(AudienceOffersPanel())

__all__ = ["OfferAdmin"]
