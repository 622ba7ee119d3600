"""Two ways of writing side by side on the same customers, and which of them people prefer.

model       sides, choices, what is read              tables      comparisons, pairs, votes
drawing     the customers                             writing     both sides of each pair
voting      blind votes, places drawn by lot          standing    win rate, agreement, what cannot be told yet
"""
