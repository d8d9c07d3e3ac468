"""The demonstration's mailbox: what would have been sent."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from notifications.models import KeptMail

MAILS_SHOWN = 100


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
