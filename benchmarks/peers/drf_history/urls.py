from django.http import HttpResponse
from django.urls import include, path
from rest_framework.relations import SlugRelatedField
from rest_framework.routers import DefaultRouter
from rest_framework.viewsets import ModelViewSet
from rest_framework_gis.serializers import GeoFeatureModelSerializer

from benchmarks.peers.drf_history.models import Species, Tree


class TreeSerializer(GeoFeatureModelSerializer):
    species = SlugRelatedField(slug_field="botanical_name", queryset=Species.objects.all())

    class Meta:
        model = Tree
        geo_field = "location"
        fields = "__all__"


class Trees(ModelViewSet):
    queryset = Tree.objects.select_related("species")
    serializer_class = TreeSerializer


router = DefaultRouter()
router.register("trees", Trees)
urlpatterns = [
    path("", include(router.urls)),
    path("healthz", lambda request: HttpResponse("ok")),
]
