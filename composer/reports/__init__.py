"""What the e-mails brought, over a period, in the order of how far it may be believed.

First what they made (against customers who were held out by chance), then what was tried against what (experiments),
last what is attributed to them, which proves nothing. One currency at a time.

    model        a report                              reading     all of it, kept for a while
    shop         campaigns with their names and money  incremental against those held out
    attributed   e-mails and orders after a click      arms        what was varied, weighted by its probability
    values       what customers are worth by month     learning    the job that sums those up
    wording      sentences                             flat        as rows, for spreadsheets
"""
