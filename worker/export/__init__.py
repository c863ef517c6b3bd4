"""Datasets as streamed zips: the same images at the same log position give the same bytes on every machine."""
