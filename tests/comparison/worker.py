"""A run of a comparison that only notes when and where it ran."""

import json
import os
import pathlib
import signal
import sys
import time

folder, task = pathlib.Path(sys.argv[1]), sys.argv[2]
noted = {
  'task': task,
  'began': time.time(),
  'cores': sorted(os.sched_getaffinity(0)),
}
if task == 'fail':
  sys.exit('It failed.')
if task == 'wait':
  signal.signal(signal.SIGTERM, lambda *_: (folder / 'saved').touch())
  (folder / 'waits').touch()
  signal.pause()
  sys.exit(143)
time.sleep(0.5)
noted['ended'] = time.time()
with open(folder / 'noted.jsonl', 'a') as file:
  file.write(json.dumps(noted) + '\n')
