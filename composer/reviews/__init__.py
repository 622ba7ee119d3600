"""Reviews: what people say of finished e-mails, and what follows from it.

model       the words: decisions, reasons, terms of acceptance        tables    their rows
strata      what tells e-mails apart, and how much there is to see    sampling  which of them are read
acceptance  how many to read, and what that says of the others        reading   samples as they stand
gate        what does not leave before it is released                 releasing accepting and refusing
"""
