"""The edges: HTTP under `/v1`, the command line, keys, settings, and the composition root. No logic of its own."""
