import uuid

import pghistory
from django.contrib.gis.db import models


class Species(models.Model):
    botanical_name = models.CharField(max_length=120, unique=True)


@pghistory.track()
class Tree(models.Model):
    """The columns of a plant that people edit, and what all features carry."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    number = models.BigIntegerField(unique=True)
    species = models.ForeignKey(Species, on_delete=models.PROTECT, null=True)
    cultivar = models.CharField(max_length=100, blank=True)
    access = models.CharField(max_length=20, blank=True)
    number_of_plants = models.PositiveIntegerField(default=1)
    height_m = models.FloatField(null=True)
    crown_m = models.FloatField(null=True)
    trunk_girth_cm = models.FloatField(null=True)
    planted_year = models.IntegerField(null=True)
    note = models.TextField(blank=True)
    status = models.CharField(max_length=20, default="confirmed")
    licence = models.CharField(max_length=40, default="cc-zero")
    last_confirmed = models.DateField(null=True)
    created = models.DateTimeField(auto_now_add=True)
    changed = models.DateTimeField(auto_now=True)
    location = models.PointField()
