"""Runs eval suites: files of cases and thresholds over the guard, or over a composer that is handed in."""
