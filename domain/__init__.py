"""The rules of the platform as pure functions: no I/O, no clock, no randomness. Ids and time are arguments."""
