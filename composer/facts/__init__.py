"""What came of what, counted once: episodes by customer and campaign, e-mails with the orders that are theirs.

An episode is a customer and an occasion that a campaign came to them about, whether they were written to or held out:
what they did in its window counts, whatever made them do it (intention to treat). An e-mail is given the orders that
followed a click in it, each order to one e-mail at most (attribution): that says where money was last seen, not what
made it.

    rules       what is attributed to what, as a document with a version     ruling    which rules are in force
    episodes    who, on which side, from when: out of the contact ledger     orders    one order out of its reports
    mails       what happened to one e-mail                                  crediting which e-mail an order is given
    people      what is read of a batch of customers                         counting  what it comes to
    tables      what is kept                                                 writing   that, as it is now
    updating    the job                                                      totals    sums over customers, to compare
    forgetting  what is older than the shop wants to keep    noting   from which day on is counted, what to sum up

The shop's line is beside episodes: whom the shop's holdout drew, and all that each has spent since, whether or not a
campaign had come to them.

    drawing     who, on which side, since when                               spent     what they bought, by day
    line        the job, called by `updating`                line_reading, line_writing    what it reads and writes
    inheriting  guests who turn out to be somebody                           departing who is erased, as sums
    line_totals sums over customers, to compare                             departed  of those who are gone
"""
