"""The demo shop: its documents, products, pictures and customers, and the pages that show what was composed."""
