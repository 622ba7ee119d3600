"""Facts: what is remembered, one sentence each, with where it comes from and what may be done with it.

policy    what may be done with facts of each kind     shopping  of what they bought, wished for, looked at
wording   how products, days and spans stand in text   habits    of how they shop
deriving  all facts of one memory                      told      of what they told, and where they stand

Sentences are in the second person and plain English, fit to be read by the customer.
"""
