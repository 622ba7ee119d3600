"""What customers say in their own words, as statements of a closed vocabulary, each with the words it rests on.

model     what a statement is           sources   the texts of an event and whose words they are
lexicon   the words that are known      reading   a text as sentences, clauses and words
vetoes    what is not taken at its word extract   from a text to statements
checks    what every statement must pass, whoever made it: the extractor here or a model
phrases   what is said in set phrases    answers  short answers to questions
evidence  the words for each value       choices  answers that many gave alike
statements  what stands of one customer  facts    statements as remembered facts
pending   what a model has still to read, and what came of it
"""
