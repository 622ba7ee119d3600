"""Customers and orders out of other systems' exports: read, made into Segment's messages, remembered, resumable.

readers   one module a format; each yields `Customer`, `Order`, `Happened` or a row that cannot be taken
messages  the same as Segment's messages, with ids that are a pure function of what they say
revisions what changed about orders that are known already
importer  batches, positions, the report
"""
