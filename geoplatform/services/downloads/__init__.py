"""Whole layers as files, at addresses that can be written into a catalogue."""
