"""Segment's Public API, as far as it is about audiences: contract of SDK 47, and what SDK 73 adds.

Its page is ``docs/facades/segment.md``.
"""
