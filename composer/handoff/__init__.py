"""From stored e-mails to whoever sends them: SMTP, listmonk, webhooks. At least once, with a key to deduplicate on.

Truth is one row an e-mail in a hand-off; it moves when the far side has answered.

    model       what a hand-off is              tables      its rows
    service     start, pause, resume, cancel    deliveries  taking rows under leases, writing answers down
    dispatcher  finds hand-offs to work on      sending     works on one of them    settling  keeps its answers
    parcels     the last look at an e-mail      channel     what a way to send must do; channels opens one
    smtp        replies, mime                   listmonk, email_webhook             http      POST and its answers
    webhooks    outgoing ones: who is told what happens to runs and hand-offs
"""
