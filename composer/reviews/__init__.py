"""Reviews: what people say of finished e-mails, and what follows from it.

model       the words: decisions, reasons, terms of acceptance        tables    their rows
"""
