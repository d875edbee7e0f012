from django.urls import path, re_path

from geoplatform.services.analyses import questions, views

urlpatterns = [
    re_path(r"^analyses/?$", views.listing, name="analyses"),
    path("analyses/question", questions.description, name="analysis-question"),
    path("analyses/question/execution", questions.execution),
    path("analyses/question/results", questions.results),
    path("analyses/<str:id>", views.description, name="analysis"),
    path("analyses/<str:id>/execution", views.execution, name="analysis-execution"),
    path("analyses/<str:id>/results", views.results, name="analysis-results"),
]
