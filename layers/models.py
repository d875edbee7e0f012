"""Finds the subjects of this folder by themselves: to add a layer, add a file."""

from geoplatform.catalog import registry

registry.collect(__package__)
