from django.urls import path, re_path

from geoplatform.pages.later import Later

ROOM = "geoplatform.services.analyses."

urlpatterns = [
    re_path(r"^analyses/?$", Later(ROOM + "views.listing"), name="analyses"),
    path("analyses/question", Later(ROOM + "questions.description"), name="analysis-question"),
    path("analyses/question/execution", Later(ROOM + "questions.execution")),
    path("analyses/question/results", Later(ROOM + "questions.results")),
    path("analyses/<str:id>", Later(ROOM + "views.description"), name="analysis"),
    path("analyses/<str:id>/execution", Later(ROOM + "views.execution"), name="analysis-execution"),
    path("analyses/<str:id>/results", Later(ROOM + "views.results"), name="analysis-results"),
]
