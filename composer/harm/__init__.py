"""The guard against harm: when complaints or unsubscribes rise, an alarm, and no decision goes by what was learned.

model       scopes, measures, rules, limits, an alarm
evidence    how much speaks for a rate that is too high, at every look
counting    e-mails, complaints and unsubscribes by day, out of the log of decisions
judging     which rules were broken; pure
tables      the alarms
standing    which stand now: read with the policy
service     raising, closing, listing
wording     all of it in sentences
"""
