"""What a process that is timed says of itself: its last line, as JSON."""

import json
import resource
import time


def report(work):
    """Does the work, then prints its cost (see bench/run/report.ts)."""
    started = time.perf_counter()
    facts = work()
    seconds = time.perf_counter() - started
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({
        "seconds": seconds,
        "cpuSeconds": usage.ru_utime + usage.ru_stime,
        "peakBytes": usage.ru_maxrss * 1024,
        "facts": facts,
    }))
