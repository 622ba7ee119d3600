"""Lessons: what reviews teach, each traceable to its review and removable.

harvest     from a decision, and back when it is undone
"""
