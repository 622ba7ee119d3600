"""Who gets what for the sake of knowing: the shop's holdout, campaigns that share nobody, and A/B/n tests.

Everything is decided by hash of a salt and the customer's id, so that whoever asks, in whichever process and however
often, comes to the same.
"""
