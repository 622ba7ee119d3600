"""The demo shop: documents, products, pictures, customers, and the pages that show what was composed."""
