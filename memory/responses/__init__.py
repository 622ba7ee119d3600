"""What a customer responds to, learned from what became of our e-mails. Used, never said.

trials    e-mails as trials: what each was like, and what it came to      priors     what the shop as a whole shows
reading   one customer's own, drawn to it                                 frequency  how many a week
learning  the job that learns the priors
"""
