"""Feeds in: Google Merchant TSV/CSV and XML, NDJSON, plain CSV. Bad rows are reported, the rest imported."""
