"""When a customer may be written to: quiet hours, caps and priorities, judged over what they were sent.

rules    what a brand sets, versioned by content        quiet     quiet hours in the customer's own time zone
judging  the pure answer: allowed, deferred, refused    claiming  the answer under a lock, over the contact ledger
"""
