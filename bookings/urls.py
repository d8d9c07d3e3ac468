from django.urls import path

urlpatterns = [
    path("trips/", lambda request: None, name="trips"),
    path("trips/<str:locator>/", lambda request: None, name="trip"),
    path("trips/<str:locator>/pay/", lambda request: None, name="pay"),
    path("payments/sandbox/<uuid:key>/", lambda request: None, name="sandbox-challenge"),
]
