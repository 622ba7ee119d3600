"""Who is due for which flow, and when: each customer's agenda, kept up with what changed, and asked by flow.

rules      what each flow waits for, how long its steps make sense   agenda     one customer's moments, a pure function
stale      whose agenda has to be made again                         following  whom rules, shop and clock make stale
making     agendas, batch by batch                                   news       what became cheaper or came back
answering  who is due now, page by page                              contacted  what the ledger says against it
"""
