"""figures.py: how a benchmark script prints its figures, and keeps them: with EVIDENCE=1 they go into docs/evidence/bench-NAME.json as well.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import platform
import subprocess
import time

ROOT = os.environ.get('FUNNEL_ROOT', os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
shown = []


def show(name, value, unit=''):
    print('%-42s %12s %s' % (name, value, unit), flush=True)
    shown.append([name.strip(), float(value), unit])


def processor():
    with open('/proc/cpuinfo', encoding='utf-8') as f:
        names = [line.split(':', 1)[1].strip() for line in f if line.startswith('model name')]
    return names[0] if names else platform.machine()


def keep(name):
    """What was shown, with the commit and the machine; `load` tells whether it was quiet."""
    if os.environ.get('EVIDENCE') != '1':
        return
    git = subprocess.run(['git', '-C', ROOT, 'describe', '--always', '--dirty'], stdout=subprocess.PIPE, check=False)
    record = {'commit': git.stdout.decode().strip(), 'at': time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime()),
              'machine': '%d x %s, Linux %s' % (os.cpu_count(), processor(), platform.release()), 'load_15_minutes': os.getloadavg()[2],
              'figures': shown}
    with open(os.path.join(ROOT, 'docs', 'evidence', 'bench-%s.json' % name), 'w', encoding='utf-8') as f:
        json.dump(record, f, indent=2, ensure_ascii=False)
        f.write('\n')
