"""What a process that is timed says of itself: its last line, as JSON."""

import json
import resource
import time


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def report(work):
    """Does the work, then prints its cost (see bench/run/report.ts)."""
    before = cpu_seconds()
    started = time.perf_counter()
    facts = work()
    seconds = time.perf_counter() - started
    print(json.dumps({
        "seconds": seconds,
        "workCpuSeconds": cpu_seconds() - before,
        "cpuSeconds": cpu_seconds(),
        "peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "facts": facts,
    }))
