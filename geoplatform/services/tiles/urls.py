from django.urls import path

from geoplatform.services.tiles import views

urlpatterns = [
    path("tiles/<slug:name>.json", views.tilejson, name="tilejson"),
    path("tiles/<slug:name>/<int:z>/<int:x>/<int:y>.mvt", views.tile, name="tile"),
    path("styles/geoplatform.json", views.whole_style, name="style"),
    path("styles/<slug:name>.json", views.layer_style, name="layer-style"),
]
