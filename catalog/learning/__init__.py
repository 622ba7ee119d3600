"""Learned from the shop's own history: what goes with what, what is bought again and when, and what comes first."""
