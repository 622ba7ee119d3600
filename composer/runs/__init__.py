"""Campaign runs: one e-mail for everyone in an audience, nobody lost, nobody twice.

Truth is one row a recipient: its status moves when the e-mail is stored, in the same transaction. Recipients are
worked off in chunks, and a chunk is the unit that a process takes, loses when it dies, and another one takes over.

    model      what a run is: request, statuses, progress, events          tables     its rows
    audience*  who: everyone, a file, a list, a rule over memory          preflight  may it start, and what will it take
    service    start, pause, resume, cancel, retry; reading               chunks     taking and giving back chunks
    composing  `compose_chunk`: the same in every way of running          runner     works off chunks in this process
    queue      chunks as jobs of procrastinate, on PostgreSQL
"""
