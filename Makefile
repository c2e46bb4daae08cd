# Every target sets up what it needs and does nothing twice. docs/development.md explains them.
PYTHON ?= python3
export ADDON TAGS TESTS FIGURES SCALE PORT FIX SECONDS SEED

.DEFAULT_GOAL := help
.PHONY: help run test shell bench chaos lint dist clean

help: ## list the commands
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' Makefile | expand -t 14

run: ## demo database and server on 127.0.0.1:8069 [PORT=]
	@$(PYTHON) tools/start.py run

test: ## lint, the addons' tests, then tests/ [ADDON= TAGS= TESTS=]
	@$(PYTHON) tools/start.py test

shell: ## Odoo's shell on the demo database; a script from standard input too
	@$(PYTHON) tools/start.py shell

bench: ## figures, to the screen and bench/results.json [FIGURES="a b" SCALE=0.1]
	@$(PYTHON) tools/start.py bench

chaos: ## phones report while everything breaks: none lost, none doubled [SECONDS=60 SEED=1]
	@$(PYTHON) tools/start.py chaos

lint: ## ruff, pylint-odoo, prettier, eslint [FIX=1 mends what a machine can]
	@$(PYTHON) tools/start.py lint

dist: ## installable zips of the addons, front-end libraries inside
	@$(PYTHON) tools/start.py dist

clean: ## remove what make built here; downloads stay in the user's cache
	@$(PYTHON) tools/start.py clean
