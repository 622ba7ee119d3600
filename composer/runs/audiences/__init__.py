"""Who a run is for: a document, resolved in one pass that only reads, written as recipients in one transaction.

model      everyone, a list, a file, a rule          rules      the words of a rule
resolving  a document to members, members to rows    members    who is meant, in order and once each
reading    customers out of the database             judging    a rule against what memory knows of one
files      CSV, NDJSON, Parquet                      report     what is known of an audience before a run
"""
