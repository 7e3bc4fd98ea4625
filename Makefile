# `make` prints what there is. Python runs from .venv, which each command first brings up to date with uv.lock.

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help

PYTHON ?= python3
BOOTSTRAP := $(PYTHON) infra/tools/bootstrap.py
IN := .venv/bin
ARCHITECTURE ?= arm64
export ARCHITECTURE
export SAM_CLI_TELEMETRY := 0
export PYTHONPATH := shared

help:
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' Makefile

##@ Try it

.PHONY: demo dev status down psql
demo: env-local  ## start everything, publish a few posts on the sandbox network, keep serving
	@$(IN)/python -m infra.local demo

dev: env-local  ## the same stack without demo data; Ctrl-C stops it, .local/ keeps its data
	@$(IN)/python -m infra.local dev

status: env-local  ## whether the stack runs, and where
	@$(IN)/python -m infra.local status || test $$? -eq 3  # 3 says that it does not run: no error here

down: env-local  ## stop the stack that runs in another terminal, or what a killed one left
	@$(IN)/python -m infra.local down

psql: env-local  ## psql on the local database, as its superuser
	@$(IN)/python -m infra.local.psql $(ARGS)

.PHONY: redrive
redrive: env-local  ## hand the dead letters of the local stack back: make redrive QUEUE=publish (ARGS=--dry-run)
	@$(IN)/python -m infra.local.redrive $(QUEUE) $(ARGS)

.PHONY: bluesky-pds bluesky-demo oidc-provider webhook-libraries webhook-listen
bluesky-pds: env-local  ## a real Bluesky server on loopback, installed from npm (some minutes, once)
	@$(IN)/python -m infra.local.pds

bluesky-demo: env-local  ## a post with everything and a thread on such a server, read back, compared, taken back
	@$(IN)/python -m infra.local.bluesky_demo

oidc-provider: env-dev  ## install a real OpenID Connect provider from npm, which the tests then sign in through
	@$(IN)/python -m infra.local.oidc

webhook-libraries: env-dev  ## install from npm what receivers in JavaScript verify with, which the tests then run
	@$(IN)/python -m infra.local.receivers

webhook-listen: env-dev  ## verify and show what an endpoint is sent: SECRET=whsec_... (ARGS="--status 500 --slow 20")
	@WEBHOOK_SECRET="$(or $(SECRET),$(WEBHOOK_SECRET))" $(IN)/python -m infra.local.listen $(ARGS)

##@ Work on it

.PHONY: test coverage crowd kill-points races recurrence-check protections fuzz simulate check fix bench sizes
test: env-dev  ## every test (ARGS="-k name" narrows)
	@$(IN)/pytest -n auto --dist worksteal $(ARGS)

coverage: env-dev  ## the same with line and branch coverage
	@$(IN)/pytest -n auto --dist worksteal --cov --cov-report=term:skip-covered $(ARGS)

crowd: env-dev  ## fifty tenants in turn on five connections, 10,000 requests, nothing of one in another's answers
	@CROWD_REQUESTS=10000 $(IN)/pytest tests/integration/tenancy/test_crowd.py --durations=1 $(ARGS)

kill-points: env-dev  ## a worker killed before and after every step of every way that a post can take
	@KILL_POINTS=all $(IN)/pytest -n auto --dist worksteal tests/integration/promises/test_kill_points.py $(ARGS)

races: env-dev  ## cancel, move, edit and revoke against the send, 1,000 times each, and how often each side won
	@RACES=1000 $(IN)/pytest -n 4 -rP tests/integration/races $(ARGS)

recurrence-check: env-dev  ## schedules by chance against dateutil and cronsim: RULES=100000 SHARDS=4 SEED=1
	@$(IN)/python -m tests.unit.domain.recurrence.check --rules $(or $(RULES),5000) --seed $(or $(SEED),0) \
	  --shards $(or $(SHARDS),2)

check-webhooks: env-local  ## emitted x endpoints == delivered + exhausted + disabled + pending, in the local stack's database
	@$(IN)/python -m infra.tools.webhook_identity $(ARGS)

protections: env-dev  ## each protection of a promise taken away in turn: its tests must fail
	@$(IN)/python -m infra.tools.protections $(ARGS)

fuzz: env-fuzz  ## property tests of the served API, three minutes (ARGS="--seed N" repeats a run)
	@$(IN)/python -m infra.tools.fuzz $(ARGS)

simulate: env-dev  ## worlds full of faults, each out of a seed: SEEDS=1000 OPS=1000 SHARDS=4, or SEED=7 to replay one
	@$(IN)/python -m tests.simulation $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),20)) --ops $(or $(OPS),1000) \
	  $(if $(SHARDS),--shards $(SHARDS)) $(ARGS)

check: lint types imports drift validate build  ## all that must hold beside the tests
	@echo "check: everything holds"

fix: env-dev  ## format the code and mend what ruff can
	@$(IN)/ruff format . && $(IN)/ruff check --fix .

bench: env-dev  ## one benchmark alone: make bench NAME=claim (without a name: which there are)
	@$(if $(NAME),$(IN)/python -m tests.benchmarks.$(NAME),ls tests/benchmarks)

sizes: env-dev  ## median and largest files and functions
	@$(IN)/python -m infra.tools.sizes

##@ Parts of make check

.PHONY: lint types imports drift validate build
lint: env-dev  ## ruff: rules and format
	@$(IN)/ruff check . && $(IN)/ruff format --check .

types: env-dev  ## mypy, strict
	@$(IN)/mypy

imports: env-dev  ## who may import whom
	@$(IN)/lint-imports --no-logo

drift: env-dev  ## what is generated and committed is what its source says
	@$(IN)/python -m infra.tools.requirements --check
	@$(IN)/python -m infra.tools.migrations check
	@$(IN)/python -m infra.tools.erd --check
	@$(IN)/python -m infra.tools.access --check
	@$(IN)/python -m infra.tools.webhook_events --check
	@$(IN)/python -m infra.tools.openapi --check

validate: env-sam  ## the template, by sam and cfn-lint
	@$(IN)/sam validate --lint

build: env-sam  ## the functions and the layer into .aws-sam/build (ARCHITECTURE=x86_64 for the other one)
	@$(IN)/sam build --parameter-overrides Architecture=$(ARCHITECTURE)

##@ Migrations of DATABASE_URL (with its administrator's login) and CLICKHOUSE_URL

.PHONY: migration migrate-status migrate migrate-rehearse rollback
migration: env-dev  ## write one out of what the models say: make migration NAME="what it does"
	@$(IN)/python -m infra.tools.migrations generate "$(NAME)"

migrate-status: env-local  ## where both databases stand
	@$(IN)/python -m infra.tools.migrations status

migrate: env-local  ## apply what is pending
	@$(IN)/python -m infra.tools.migrations apply

migrate-rehearse: env-local  ## apply and roll back on a copy, and leave the record that production asks for
	@$(IN)/python -m infra.tools.migrations rehearse $(ARGS)

rollback: env-local  ## go back by one migration, or ARGS="--to REVISION"
	@$(IN)/python -m infra.tools.migrations rollback $(ARGS)

##@ Generated files

.PHONY: requirements openapi access webhook-events migration-sql data-model
requirements: env-dev  ## what Lambda installs, out of uv.lock
	@$(IN)/python -m infra.tools.requirements

openapi: env-dev  ## docs/openapi.json and the copy in the layer, out of the code
	@$(IN)/python -m infra.tools.openapi

migration-sql: env-dev  ## the SQL beside each migration, for its review
	@$(IN)/python -m infra.tools.migrations render

access: env-dev  ## the tables in docs/access.md, out of domain/roles.py
	@$(IN)/python -m infra.tools.access

webhook-events: env-dev  ## the table of events in docs/webhooks.md, out of domain/events.py
	@$(IN)/python -m infra.tools.webhook_events

data-model: env-dev  ## the diagram and the list of tables in docs/data-model.md, out of the models
	@$(IN)/python -m infra.tools.erd

##@ Deployment

.PHONY: zones
zones: env-local  ## newer time zones, no new code: local, or ARGS="--publish STACK" (--version 2026a, --from WHEEL)
	@$(IN)/python -m infra.tools.zones $(ARGS)

.PHONY: invoke-built
invoke-built: env-sam  ## build for this machine, run each event under the real Lambda Runtime API
	@$(IN)/python -m infra.tools.invoke_built $(ARGS)

##@ Clean up

.PHONY: clean
clean:  ## remove what was built and cached, but no data: .local/ and .venv/ stay
	@rm -rf .aws-sam .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -not -path './.venv/*' -not -path './.local/*' -prune -exec rm -rf {} +

# The environments: nothing is done when they stand.

.PHONY: env-local env-dev env-fuzz env-sam
env-local:
	@$(BOOTSTRAP) local
env-dev:
	@$(BOOTSTRAP) local dev
env-fuzz:
	@$(BOOTSTRAP) local fuzz
env-sam:
	@$(BOOTSTRAP) local dev sam migrate
