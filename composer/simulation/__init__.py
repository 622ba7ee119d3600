"""A made-up shop whose truth is known, to see whether the real house learns it, and whether it says so honestly.

Its customers have hidden, drifting tastes for products and for ways to be written to, tire of e-mails, and buy by
themselves too. Several marketers write to the same customers under the same chance; one of them is Penfriend: its real
memory, picks, decisions, contact ledger, facts and learner.

    world       the parameters of a shop           shelf      its products
    people      its customers' hidden tastes       dice       chance, the same for every marketer
    response    what an e-mail comes to            life       what became of one customer so far
    happening   what happened, as Segment events   clumsy     how much of that a shop hears, and when
    marketers   one for all, segments, oracle      house      one database of Penfriend, and its learning
    personal    1:1, learning or not               running    one marketer in one shop
    figures     what it came to                    summary    over seeds, with intervals
    wording     tables and curves                  nulls      shops in which there is nothing to find
"""
