"""The audit trail: who acts, the chain over what was done, and taking a change back.

The events themselves are written by triggers of the database.
"""
