"""The vision-language model: images and messages in, text out."""

import os

# Threads that wait for each other must sleep, not spin: an agent shares its cores with the desktop that it drives, and
# spinning there makes a step several times slower. Read when torch is loaded, which is later than this.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
