"""Campaign runs: one e-mail for everyone in an audience, nobody lost, nobody twice.

Truth is one row a recipient: its status moves when the e-mail is stored, in the same transaction. Recipients are
worked off in chunks, and a chunk is the unit that a process takes, loses when it dies, and another one takes over.

    model        what a run is: request, statuses, progress, events      tables       its rows
    audiences/   who: everyone, a file, a list, a rule over memory       preflight/   may it start, what will it take
    service      start, pause, resume, cancel, retry, reading            progress     where runs stand; `pace`: how fast
    chunks       taking chunks under leases, giving them back            turns        whose turn it is among runs
    composing    `compose_chunk`: the same in every way of running       storing      a group in one transaction
    outcomes     what a recipient came to, and how that counts           failing      what failed, and whether to go on
    watch        what one process knows of its runs, kept up             standing     one run as a process knows it
    budget       who may be begun for the money                          tolerance    is it worth going on with
    runner       works off chunks in this process                        queue*       chunks as procrastinate's jobs
    workers      signs of life; `fleet`, `load`: all processes           settings     `[runs]` in penfriend.toml
    size         when a process has grown too large
    export       a line for everyone; `export_files`: whole or not
"""
