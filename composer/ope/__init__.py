"""What another policy would have come to, out of the log of decisions: before it decides about anybody.

log         decisions and outcomes as arrays          weights     inverse probabilities, and how far they reach
outcomes    a fitted model of outcomes                estimators  IPS, SNIPS, doubly robust, their intervals
judging     all metrics and flows, and a verdict      wording     the verdict in sentences
policies    which policy: by name, or a file's odds   gathering   the log out of the database
"""
