# Flights on one machine. Needs Python 3.11 or newer and make, nothing else.
# PostgreSQL and Valkey come as Python packages, unless DATABASE_URL and REDIS_URL name others.

PYTHON ?= python3
PORT ?= 8000
ARGS ?=
export PORT

BIN := .venv/bin
TEMPLATES := find templates airlines bookings notifications flights_project -name '*.html'

# What a production deployment sets (docs/architecture/running.md). No server is asked.
PRODUCTION := env DEMO=off DEBUG=off BEHIND_PROXY=on RATE_LIMITS=on PAYMENT_GATEWAYS= CURRENCY=INR \
	SECRET_KEY=for-checks-only-3f9c1d7be204a86d5c1f8e0b72a94d6e5b3c8f1a7d20 \
	DATABASE_URL=postgres://flights@localhost/flights REDIS_URL=redis://localhost/0 \
	ALLOWED_HOSTS=fly.example.com SITE_URL=https://fly.example.com

BENCHES := bench-search bench-places bench-booking bench-limits bench-stream bench-notifications bench-disruption \
	bench-desk bench-pages

.PHONY: help run test coverage check openapi fuzz words screenshots chaos bench $(BENCHES) demo-reset clean python runtime tools

help: ## Show this list
	@echo "Flights: an airline reservation system. First: make run"
	@echo
	@sed -n 's/^\([a-z-]*\):.* ## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 28

run: runtime ## Everything on this machine at http://localhost:8000 (PORT=…), until Ctrl-C
	@$(BIN)/python -m flights_project.local.run

test: tools ## The tests, with their own PostgreSQL and Valkey (ARGS="-k seat --pdb")
	@$(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

coverage: tools ## Fails with the branches of the services and prices of what is for sale that no test takes
	@$(BIN)/python -m pytest -n 2 --dist loadgroup --cov=airlines.services --cov-branch --cov-report=term-missing --cov-fail-under=100 airlines/tests $(ARGS)

check: tools ## Lint, format, types, layers, templates, migrations, deployment, API description
	@echo "== ruff: lint"
	@$(BIN)/ruff check .
	@echo "== ruff: format"
	@$(BIN)/ruff format --check .
	@echo "== mypy: types"
	@$(PRODUCTION) $(BIN)/python -m mypy .
	@echo "== import-linter: layers"
	@$(PRODUCTION) $(BIN)/lint-imports
	@echo "== djade, djhtml: templates"
	@$(TEMPLATES) -exec $(BIN)/djade --target-version 5.2 --check {} +
	@$(TEMPLATES) -exec $(BIN)/djhtml --check {} +
	@echo "== Django: migrations are complete"
	@$(BIN)/python manage.py makemigrations --check --dry-run
	@echo "== Django: a production deployment"
	@$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING
	@echo "== drf-spectacular: the API description is docs/openapi.yaml"
	@$(PRODUCTION) $(BIN)/python manage.py spectacular --validate --fail-on-warn --file .local/openapi.yaml
	@diff --unified=1 docs/openapi.yaml .local/openapi.yaml || { echo "the API has changed: make openapi" >&2; exit 1; }
	@echo "== pip-audit: known holes in what we depend on"
	@$(BIN)/python -m flights_project.local.audit
	@echo "== all good"

screenshots: tools ## Every page at both widths, light and dark, into docs/screenshots/ (ARGS="--url http://localhost:8000")
	@$(BIN)/python -m tests.screenshots $(ARGS)

openapi: tools ## Write docs/openapi.yaml anew, after a change of the API
	@$(PRODUCTION) $(BIN)/python manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

fuzz: tools ## More of what the tests send to the API against its contract (FUZZ_EXAMPLES=20)
	@FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-20} $(BIN)/python -m pytest -n 2 tests/test_fuzz.py $(ARGS)

words: tools ## Gather all words that people read into locale/, and name those that are not translated
	@$(BIN)/python -m flights_project.local.words gather

chaos: tools ## Kill processes and PostgreSQL under load, then prove that nothing is lost (ARGS="--seconds 30")
	@$(BIN)/python -m benchmarks.chaos $(ARGS)

bench: $(BENCHES) ## All benchmarks, one after another: about an hour of a machine with nothing else to do

bench-booking: tools ## Holds and payments a second, beside pgbench with the same statements (ARGS="--seconds 20")
	@$(BIN)/python -m benchmarks.booking $(ARGS)

bench-desk: tools ## Every page of the staff desk over a year's data (ARGS="--bookings 50000 --flights 22000")
	@$(BIN)/python -m benchmarks.desk $(ARGS)

bench-search: tools ## Searches a second beside what the server could do; growth (ARGS="--flights 10000 --minutes 10 --timetable")
	@$(BIN)/python -m benchmarks.search $(ARGS)

bench-limits: tools ## Limits under load: what they let through, and what honest callers notice (ARGS="--seconds 30")
	@$(BIN)/python -m benchmarks.limits $(ARGS)

bench-stream: tools ## Open price streams on one process: memory, and how soon a change arrives (ARGS="--streams 8000")
	@$(BIN)/python -m benchmarks.stream $(ARGS)

bench-pages: tools ## How soon pages show what matters, with the processor slowed four times (ARGS="--visits 9")
	@$(BIN)/python -m benchmarks.pages $(ARGS)

bench-places: tools ## Type-ahead over all airports of the world that have a code (ARGS="--seconds 20")
	@$(BIN)/python -m benchmarks.places $(ARGS)

bench-notifications: tools ## How soon a cancelled flight is told, a day's mail drained (ARGS="--messages 2000")
	@$(BIN)/python -m benchmarks.notifications $(ARGS)

bench-disruption: tools ## A cancelled flight with 180 travellers: rebooked and told, with a worker killed in the middle
	@$(BIN)/python -m benchmarks.disruption $(ARGS)

demo-reset: runtime ## The demo as on its first day
	@$(BIN)/python -m flights_project.local.reset

clean: ## Remove .venv and .local: programs, servers and all data of the demo
	@if [ -L .local/servers ]; then rm -rf "$$(readlink .local/servers)"; fi
	rm -rf .venv .local staticfiles

python:
	@command -v "$(PYTHON)" > /dev/null || { \
		echo "flights: there is no $(PYTHON): install Python 3.11 or newer, or name yours: PYTHON=/path/to/python" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "flights: $$($(PYTHON) --version) is too old: name Python 3.11 or newer: PYTHON=/path/to/python" >&2; exit 1; }

runtime: python
	@"$(PYTHON)" flights_project/local/bootstrap.py requirements.txt
	@$(BIN)/python -m flights_project.local.words

tools: python
	@"$(PYTHON)" flights_project/local/bootstrap.py requirements-dev.txt
	@$(BIN)/python -m flights_project.local.words
