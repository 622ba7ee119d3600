"""Before the first recipient: may it start, whom does it reach, and what will it take.

looking    every check, in one pass                  model      the report as people read it
checks     what is known without composing           samples    e-mails written to see, and what they cost
links      whether a link leads somewhere
"""
