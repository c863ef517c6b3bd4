"""`autoannotate`: starts and stops processes, and runs what is done once. It knows programs, not their insides."""
