"""Recommenders on one bench: a shop's history cut in time, strong public baselines, ours, and fair figures.

`log` what happened · `columns`, `tables`, `times`, `loading` from anybody's files · `splits` before and after a
cut · `metrics`, `bootstrap` the figures · `base`, `popularity`, `neighbours`, `factors`, `content` the baselines ·
`ours` the product itself · `invented` shops made by law · `report` the tables.
"""
