"""The measurements as rows: printed during the run, and at the end written to build/bench/ as
Markdown, JSON and a chart."""

import dataclasses
import json
import os
import time

import chart
from machine import CORES, ROOT

DIRECTORY = os.path.join(ROOT, "build", "bench")


@dataclasses.dataclass
class Row:
    key: str            # stable: the table in docs/capacity.md and the chart look up rows by it
    what: str
    connections: int = 0
    rate: float = 0.0   # per second; 0: the row is a value
    value: str = ""
    note: str = ""      # ratios
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    cpu_us: float = 0.0
    goal: str = ""
    met: bool | None = None
    error: str = ""

    def cells(self):
        rate = "%s/s" % format(round(self.rate), ",") if self.rate else self.value
        times = ["%.2f" % t if t else "" for t in (self.p50_ms, self.p99_ms)]
        verdict = "ERRORS: " + self.error if self.error else {True: "met", False: "MISSED",
                                                              None: ""}[self.met]
        return [self.what, format(self.connections, ",") if self.connections else "", rate,
                self.note, *times,
                "%.1f" % self.cpu_us if self.cpu_us else "", self.goal, verdict]


HEADS = ["what", "connections", "measured", "compared", "p50 ms", "p99 ms", "CPU us per request",
         "goal", ""]


class Report:
    def __init__(self, form):
        self.form = form
        self.begin = time.time()
        self.rows = []

    def load(self, key, what, connections, measured, note="", goal="", met=None):
        """Adds a row for a load.Measured. Returns its rate."""
        self.add(Row(key, what, connections, measured.rate, "", note, measured.p50_ms,
                     measured.p99_ms, measured.cpu_us,
                     goal, met, measured.error))
        return measured.rate

    def value(self, key, what, value, note="", goal="", met=None, connections=0):
        self.add(Row(key, what, connections, value=value, note=note, goal=goal, met=met))

    def timed(self, key, what, p50_ms, p99_ms, note, goal, met):
        """What was asked one at a time, and not by a load."""
        self.add(Row(key, what, value="%.1f ms" % p50_ms, note=note, p50_ms=p50_ms, p99_ms=p99_ms,
                     goal=goal, met=met))

    def add(self, row):
        self.rows.append(row)
        cells = row.cells()
        print("  %-50s %6s %14s  %s" % (cells[0], cells[1], cells[2], " ".join(
            c for c in (cells[3], cells[5] and "p99 %s ms" % cells[5],
                        cells[7] and "(%s)" % cells[7], cells[8]) if c)), flush=True)

    def row(self, key):
        return next((row for row in self.rows if row.key == key), None)

    def machine(self):
        with open("/proc/cpuinfo") as f:
            model = next((line.split(":")[1].strip() for line in f
                          if line.startswith("model name")), "unknown")
        with open("/proc/meminfo") as f:
            memory = int(f.readline().split()[1]) / 1024 / 1024
        return "%d cores of %s, %.0f GB" % (CORES, model, memory)

    def markdown(self):
        lines = ["# authd: bench", "",
                 "%s form, %s, on %s; it took %d s. The load came from the same cores." % (
                     self.form.capitalize(), time.strftime("%Y-%m-%d", time.gmtime(self.begin)),
                     self.machine(), time.time() - self.begin), ""]
        lines += ["| " + " | ".join(HEADS) + " |", "|" + "---|" * len(HEADS)]
        lines += ["| " + " | ".join(row.cells()) + " |" for row in self.rows]
        return "\n".join(lines) + "\n"

    def write(self):
        """Returns the number of rows with errors."""
        os.makedirs(DIRECTORY, exist_ok=True)
        files = {"results.md": self.markdown(), "chart.svg": chart.draw(self),
                 "results.json": json.dumps({"form": self.form, "machine": self.machine(),
                                             "begin": self.begin,
                                             "rows": [dataclasses.asdict(row)
                                                      for row in self.rows]}, indent=1)}
        for name, text in files.items():
            with open(os.path.join(DIRECTORY, name), "w") as f:
                f.write(text)
        return sum(1 for row in self.rows if row.error)
