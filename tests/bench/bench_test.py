"""The parts of the bench that need no load: reading wrk's output, noticing errors, reading the
results."""
import os
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import chart  # noqa: E402
import load  # noqa: E402
import operations  # noqa: E402
import publish  # noqa: E402
from report import Report, Row  # noqa: E402

WRK = """Running 3s test @ http://127.0.0.1:1
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.00ms    2.00ms  50.00ms   86.47%
  Latency Distribution
     50%  812.00us
     99%    1.25s
  4000 requests in 2.00s, 538.20KB read
Requests/sec:   2000.50
"""


class FakeProgram:
    def __init__(self):
        self.seconds = iter([1.0, 1.5])

    def cpu_seconds(self):
        return next(self.seconds)


def finished(text):
    """A Load whose wrk has printed this."""
    done = load.Load.__new__(load.Load)
    done.program, done.cpu, done.script = FakeProgram(), 0.5, tempfile.mkstemp()[1]
    done.process = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                    text=True)
    done.process.communicate = lambda: (text, None)
    done.process.stdin.close()
    done.process.stdout.close()
    done.process.wait()
    return done.done()


class Bench(unittest.TestCase):
    def test_what_wrk_prints_is_read(self):
        measured = finished(WRK)
        self.assertEqual((measured.rate, measured.requests, measured.error), (2000.5, 4000, ""))
        self.assertEqual((measured.p50_ms, measured.p99_ms), (0.812, 1250))
        self.assertAlmostEqual(measured.cpu_us, 0.5 / 4000 * 1e6)

    def test_a_refusal_and_a_broken_connection_are_errors(self):
        for line in ("  Non-2xx or 3xx responses: 7",
                     "  Socket errors: connect 0, read 3, write 0, timeout 0"):
            measured = finished(WRK.replace("Requests/sec", line + "\nRequests/sec"))
            self.assertEqual(measured.error, line.strip())
            report = Report("trial")
            report.load("a", "a", 64, measured)
            self.assertIn("ERRORS: " + line.strip(), report.markdown())

    def test_nothing_answered_is_an_error(self):
        self.assertEqual(finished(WRK.replace("4000 requests", "0 requests")).error,
                         "nothing was answered")

    def test_a_request_holds_whatever_a_header_holds(self):
        self.assertEqual(load.lua('a"b\\c\nd'), '"a\\034b\\092c\\010d"')

    def test_of_several_turns_the_one_of_the_median_ratio_counts_and_the_errors_of_all(self):
        floors, rates = iter([100.0, 100.0, 200.0]), iter([90.0, 50.0, 160.0])  # 0.9, 0.5, 0.8
        errors = iter(["", "Socket errors", ""])
        floor, measured = operations.in_turns(3, 1, lambda _: load.Measured(rate=next(floors)),
                                              lambda _: load.Measured(rate=next(rates),
                                                                      error=next(errors)))
        self.assertEqual((floor.rate, measured.rate, measured.error),
                         (200.0, 160.0, "Socket errors"))

    def test_a_missed_goal_is_told(self):
        report = Report("trial")
        report.value("rss.1", "idle RSS", "20 MB", "", "<= 15 MB", False)
        self.assertIn("| <= 15 MB | MISSED |", report.markdown())

    def test_the_chart_is_svg_with_a_bar_for_each_row_that_it_knows(self):
        report = Report("trial")
        for key, rate in (("floor.nginx.64", 90_000.0), ("verify.bearer.64", 50_000.0),
                          ("login.16", 120.0), ("other", 1.0)):
            report.add(Row(key, "<" + key, 64, rate, cpu_us=10.0))
        svg = xml.etree.ElementTree.fromstring(chart.draw(report))
        words = [element.text for element in svg.iter("{http://www.w3.org/2000/svg}text")]
        self.assertIn("50,000 (10 us)", words)
        self.assertEqual(sum(1 for word in words if word.endswith(" us)")), 3)
        for element in svg.iter("{http://www.w3.org/2000/svg}rect"):
            self.assertLessEqual(float(element.get("x", 0))
                                 + float(element.get("width").rstrip("%")), chart.WIDTH)

    def test_an_empty_report_is_still_a_chart(self):
        xml.etree.ElementTree.fromstring(chart.draw(Report("trial")))

    def test_the_table_of_the_page_is_between_its_marks(self):
        text = "before\n%s\nold\n%s\nafter\n" % (publish.BEGIN, publish.END)
        rows = [{"key": "verify.bearer.64", "rate": 51234.0, "cpu_us": 21.4, "p99_ms": 2.0,
                 "value": ""}]
        made = publish.replaced(text,
                                {"machine": "2 cores", "form": "long", "begin": 0, "rows": rows})
        self.assertTrue(made.startswith("before\n" + publish.BEGIN)
                        and made.endswith(publish.END + "\nafter\n"), made)
        self.assertIn("| a token checked (`/auth/verify`) | 51,000 a second | 21 µs |", made)
        self.assertNotIn("old", made)
        with self.assertRaises(SystemExit):
            publish.replaced("no marks", {"machine": "", "form": "", "begin": 0, "rows": rows})


if __name__ == "__main__":
    unittest.main()
