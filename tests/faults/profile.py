"""How long the fault tests look: `make faults` sets FAULTS_PROFILE=long; `make test` has minutes."""

import os

LONG = os.environ.get("FAULTS_PROFILE") == "long"
