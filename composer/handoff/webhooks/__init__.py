"""Outgoing webhooks by the Standard Webhooks specification: what happened to runs, told to whoever wants to know."""
