"""Somebody's inbox and choices, the stop that a mail links to, and the demonstration's mailbox."""

from typing import cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from flights_project.gateway import languages
from flights_project.gateway.models import User
from notifications.forms import ChoicesForm
from notifications.kinds import KINDS
from notifications.models import KeptMail, Message
from notifications.services import inbox as reading
from notifications.services import refusals, rendering

MAILS_SHOWN = 100
INBOX_SHOWN = 50


@require_safe
@never_cache
@login_required
def inbox(request: HttpRequest) -> HttpResponse:
    """What somebody was told, the newest first."""
    told = Message.objects.inbox_of(cast("User", request.user))[:INBOX_SHOWN]
    shown = [(message, rendering.subject_of(message)) for message in told]
    return render(request, "notifications/inbox.html", {"shown": shown})


@require_safe
@never_cache
@login_required
def inbox_message(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One message; another's is 404, as if there were none. Opening it is reading it."""
    message = get_object_or_404(Message.objects.inbox_of(cast("User", request.user)), pk=pk)
    reading.mark_read(messages=Message.objects.filter(pk=pk), now=timezone.now())
    return render(request, "notifications/message.html", {"message": message, "rendered": rendering.render(message)})


@require_POST
@login_required
def inbox_read(request: HttpRequest) -> HttpResponse:
    reading.mark_read(messages=Message.objects.inbox_of(cast("User", request.user)), now=timezone.now())
    return redirect("inbox")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def choices(request: HttpRequest) -> HttpResponse:
    """What somebody wants to be told, and in which language."""
    reader = cast("User", request.user)
    form = ChoicesForm(request.POST if request.method == "POST" else None, reader=reader)
    if form.is_valid():
        language = form.cleaned_data["language"]
        refusals.choose(reader=reader, wanted=form.wanted, language=language)
        with translation.override(language):
            messages.success(request, _("Saved. From now on you are told what you chose."))
        response = redirect("message-choices")
        languages.remember(response, language)
        return response
    return render(request, "notifications/choices.html", {"form": form})


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """One click in a mail program (RFC 8058) is a POST without cookies; whoever follows the link is asked first."""
    meant = refusals.read_token(token)
    if meant is None:
        raise Http404
    kind, recipient = meant
    if request.method == "POST":
        refusals.refuse(kind=kind, recipient=recipient)
    return render(
        request,
        "notifications/stop.html",
        {"label": KINDS[kind].label, "recipient": recipient, "is_done": request.method == "POST"},
    )


def _demo_only() -> None:
    if not settings.DEMO:
        raise Http404


@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """The newest mails of the demo; `?to=` keeps one recipient's."""
    _demo_only()
    mails = KeptMail.objects.all()
    if recipient := request.GET.get("to", "").replace("\x00", ""):
        mails = mails.filter(to__icontains=recipient)
    return render(request, "notifications/mailbox.html", {"mails": mails[:MAILS_SHOWN]})


@require_safe
def mail(request: HttpRequest, pk: int) -> HttpResponse:
    """One mail, as text and as its HTML in a frame."""
    _demo_only()
    return render(request, "notifications/mail.html", {"mail": get_object_or_404(KeptMail, pk=pk)})


@require_safe
@xframe_options_sameorigin
def mail_html(request: HttpRequest, pk: int) -> HttpResponse:
    """A mail's HTML by itself, for the frame: no scripts, styles as mail programs allow them."""
    _demo_only()
    response = HttpResponse(get_object_or_404(KeptMail, pk=pk).html)
    response._csp_replace = {  # type: ignore[attr-defined]  # noqa: SLF001 -- how django-csp is told
        "default-src": ["'none'"],
        "style-src": ["'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "frame-ancestors": ["'self'"],
    }
    return response
