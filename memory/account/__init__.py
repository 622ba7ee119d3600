"""Everything remembered about a person, told to them in plain words, and what they can do about it.

GDPR, articles 15 (access), 16 (rectification), 17 (erasure, of one thing) and 20 (portability).

model    what is told         telling   the sentences, group by group    consents  what they allowed, with proofs
sources  where it came from   reading   all of it, out of the database   changing  one thing, corrected or forgotten
words    every sentence, a file for each language (`memory.phrases`)     translating  facts in other languages
"""
