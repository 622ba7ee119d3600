"""What came of a campaign's e-mails: opens, clicks, orders and revenue, against those who were held out.

Everyone whom a campaign came to and whom nothing but chance kept from its e-mail is compared (intention to treat): the
mailed with the holdout, who were drawn by hash. Somebody who was then capped or had no fitting products counts as
mailed, since nobody in the holdout was asked that.

    model       figures of one side; a comparison         statistics  the two sides against each other
    clusters    sums over customers, means and errors     adjusting   what customers did before, taken out
    sequential  intervals for who looks every day         one_look    days that somebody chose, which claim nothing
    strata      parts that were drawn apart, added up     power       what lift could be seen at all
    reading     a campaign's results                      spending    what a shop's customers spend
    wording     results in sentences                      leaving_out what a comparison does not have in it, and why
"""
