from django.urls import path

from notifications import views

urlpatterns = [
    path("mailbox/", views.mailbox, name="mailbox"),
    path("mailbox/<int:pk>/", views.mail, name="mailbox-mail"),
    path("mailbox/<int:pk>/html/", views.mail_html, name="mailbox-mail-html"),
]
