from django.urls import path

from notifications import views

urlpatterns = [
    path("messages/", views.inbox, name="inbox"),
    path("messages/read/", views.inbox_read, name="inbox-read"),
    path("messages/choices/", views.choices, name="message-choices"),
    path("messages/stop/<str:token>/", views.stop, name="stop"),
    path("messages/<uuid:pk>/", views.inbox_message, name="inbox-message"),
    path("mailbox/", views.mailbox, name="mailbox"),
    path("mailbox/<int:pk>/", views.mail, name="mailbox-mail"),
    path("mailbox/<int:pk>/html/", views.mail_html, name="mailbox-mail-html"),
]
