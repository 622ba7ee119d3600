"""What may vary for a person, how likely each way is, and what is learned from what came of it.

A decision is one draw a dimension (angle, tone, number of picks …), each among the arms that brief, policy and consent
allow, each logged with its probability and with what was known (`DecisionRow`).

    model       dimensions, the situation of a decision, one draw, what a policy is
    tables      the log of decisions, with what came of each      log         how a row comes into it
    arms        what may be drawn                                 drawing     the dice of one e-mail
    deciding    all that varies for a person                      choosing    by which policy a campaign decides
    policy      the policies                                      policies    the one that is current
    evidence    what a person's own e-mails say                   reward      what an e-mail was worth
    money       what a usual order comes to                       statistics  sums that add up in any order
    months      these sums, kept by month                         learning    the job that makes them
    learned     what is kept of all of it                         posterior   what is believed because of it
    reading     that in words                                     fairness    whether it treats all alike
    paging      the log in pages
"""
