"""What came of a campaign's e-mails: opens, clicks, orders and revenue, against those who were held out.

Everyone whom a campaign came to and whom nothing but chance kept from its e-mail is compared (intention to treat): the
mailed with the holdout, who were drawn by hash. Somebody who was then capped or had no fitting products counts as
mailed, since nobody in the holdout was asked that.

    model       figures of one side; a comparison         statistics  intervals, and what could be seen at all
    episodes    who, on which side, from when             counting    what they did in their window
    tables      figures by campaign, side and day         updating    the job that keeps them
    reading     a campaign's results                      wording     results in sentences
"""
