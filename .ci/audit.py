"""Look the pinned releases up among known vulnerabilities; fail where one has any, and say what nobody could tell."""

import json
import subprocess
import sys
from pathlib import Path

CONSTRAINTS = Path(__file__).with_name("constraints.txt")
COMMAND = (sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip", "--format", "json", "-r", str(CONSTRAINTS))

ran = subprocess.run(COMMAND, capture_output=True, text=True, check=False)
try:
    found = json.loads(ran.stdout)["dependencies"]
except (ValueError, KeyError):
    reason = next((line for line in reversed(ran.stderr.splitlines()) if line.strip()), f"exit code {ran.returncode}")
    print(f"NOT AUDITED: pip-audit can't reach its database ({reason})")
    sys.exit(0)
audited = [each for each in found if "skip_reason" not in each]
vulnerable = [each for each in audited if each["vulns"]]
for each in vulnerable:
    print(f"{each['name']} {each['version']}: {', '.join(vuln['id'] for vuln in each['vulns'])}")
print(f"audited {len(audited)} of {len(found)} releases: {len(vulnerable)} with known vulnerabilities")
if len(audited) < len(found):
    print(f"NOT AUDITED: {len(found) - len(audited)} releases that pip-audit's database does not answer for")
sys.exit(1 if vulnerable else 0)
