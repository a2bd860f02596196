from audience_platform.admin.home.page import fill, home_pages

__all__ = ["fill", "home_pages"]
