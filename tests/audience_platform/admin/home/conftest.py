"""Sources and synced lists, as the tests of audiences make them."""

from tests.audiences.conftest import make_source, make_synced

__all__ = ["make_source", "make_synced"]
