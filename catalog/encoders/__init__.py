"""The models that turn texts into vectors: which one by setting, each behind `catalog.embedding.Encoder`."""
