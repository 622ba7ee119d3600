"""Reading text: canonical form, tokens, phrases, numbers, languages. Knows nothing of rules."""
