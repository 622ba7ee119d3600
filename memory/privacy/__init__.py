"""Forgetting: erasure with its proof, what keeps the erased from coming back by accident, and retention."""
