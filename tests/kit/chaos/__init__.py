"""Everything that is needed to kill a campaign run many times over, and to tell whether it noticed.

shop       a small shop whose run is about to start          world      what a run left behind, to be compared
processes  the processes that are killed                     disaster   when, what and how often
"""
