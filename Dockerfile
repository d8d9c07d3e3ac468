# Flights as production runs it: one image for web, stream, worker, beat and the commands. See docs/architecture/running.md.
FROM python:3.13-slim AS packages
WORKDIR /build
COPY requirements.txt .
# Production has its own PostgreSQL and Valkey: what brings them to one machine stays out of the image.
RUN sed '/^# The whole stack on one machine/,$d' requirements.txt > production.txt \
    && python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --requirement production.txt

FROM python:3.13-slim
RUN useradd --system --no-create-home --shell /usr/sbin/nologin flights \
    && install --directory --owner flights /srv/metrics
COPY --from=packages /venv /venv
# DEMO=off: what is not configured is an error, never a demo.
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DEMO=off \
    PROMETHEUS_MULTIPROC_DIR=/srv/metrics
WORKDIR /srv/flights
COPY . .
RUN python -m flights_project.local.words
# Names to satisfy the settings; collecting files asks no server.
RUN SECRET_KEY=not-used-here ALLOWED_HOSTS=localhost SITE_URL=https://localhost \
    DATABASE_URL=postgres://localhost/none REDIS_URL=redis://localhost/0 \
    python manage.py collectstatic --noinput --verbosity 0
USER flights
EXPOSE 8000 8001
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", \
     "--blocking-threads", "4", "--no-ws", "--respawn-failed-workers", "--workers-kill-timeout", "20", \
     "--log-level", "warning", "flights_project.wsgi:application"]
