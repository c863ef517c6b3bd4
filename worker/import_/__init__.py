"""Labelled datasets of other tools as plain records; what cannot be read is reported by file and stops nothing."""
