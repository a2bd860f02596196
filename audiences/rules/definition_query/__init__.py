"""Definition queries, the language of Segment's audiences: read, written, understood as rules.

The grammar is that of Segment's Public API, for users: ``trait('total_spend') > 200 AND
event('Shoes Bought').within(7 days).count() >= 1``.
"""
