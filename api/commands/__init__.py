"""One module a command (or a small group of them) of the `penfriend` command line."""
