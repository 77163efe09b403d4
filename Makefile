# Every target first does what is missing of its set-up; tools/setup.sh knows how and CONTRIBUTING.md tells more.
PYTHON := .venv/bin/python
SETUP := bash tools/setup.sh
SEEDS := 1000

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run install train sentiment-model test lint bench soak lock clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' Makefile | expand -t 24

run: ## Install, build and train what is missing, then serve on http://localhost:8080
	@$(SETUP) runtime pages model serve
	@exec $(PYTHON) -m bot serve

install: ## Everything that make run does, but serve
	@$(SETUP) runtime pages model

train: ## Train a model on config.yml, domain.yml and data/ and put it into service
	@$(SETUP) runtime
	@$(PYTHON) -m bot train

sentiment-model: ## Train the reader of feelings on data/feelings/lines and judge it
	@$(SETUP) runtime
	@$(PYTHON) -m bot.evaluation.feelings train
	@$(PYTHON) -m bot.evaluation.feelings judge

test: ## Run all tests; PYTEST="-k hub -x" gives pytest arguments
	@$(SETUP) development pages
	@$(PYTHON) -m tests.trained
	@$(PYTHON) -m pytest $(PYTEST)

lint: ## Check style and types of Python and TypeScript
	@$(SETUP) development packages
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	@$(SETUP) npm run check

bench: ## Compare this server with plain `rasa run` on this machine
	@$(SETUP) development pages model
	@$(PYTHON) -m benchmarks

soak: ## Run the crash tests with 1,000 histories on each database (SEEDS=n for another number)
	@$(SETUP) development pages
	@$(PYTHON) -m pytest tests/test_crash.py --crash-seeds $(SEEDS) $(PYTEST)

lock: ## Rebuild the lock files from pyproject.toml; UPGRADE=--upgrade takes new versions
	@$(SETUP) lock

clean: ## Remove what was installed and built; var/ and models/ stay
	rm -rf .venv node_modules web/dist .rasa .mypy_cache .pytest_cache .ruff_cache .hypothesis
