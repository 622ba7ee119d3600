"""What an eval run found, written down: JSON to read again, JUnit for CI, one HTML page for people."""

from evals.reports.html import write_html
from evals.reports.json_report import read_json, write_json
from evals.reports.junit import write_junit

__all__ = ["read_json", "write_html", "write_json", "write_junit"]
