"""Parts of the folded state with laws of their own, a module each: its steps by event, and what is read off it.

mails   what became of each of our e-mails      hours   when they open, click and order
tastes  marks of orders, likes and dislikes     words   what they said themselves
carts   when they began to fill their cart      interests  what they lean to, and what products are

A part's laws are those of `memory.state`; joining two of them is in `memory.merging`.
"""
