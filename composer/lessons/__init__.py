"""Lessons: what reviews teach, each traceable to its review and removable.

the review      `harvest` writes and takes back · `votes` what a decision says of angle, tone, length
examples        `examples` a liked block without its customer · `taught` which go along · `parroting` not repeated
cases           `cases` labelled texts for the guard
preferences     `preferences` votes as the odds of the draw
people          `reading` lists, removes, puts back, exports · `model` the words · `tables`
"""
