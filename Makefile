# From a fresh checkout on Debian or Ubuntu: `make demo`, `make test`. `make` alone lists all targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test test-fast test-exhaustive accuracy lint docs docs-images packages clean test-fresh fuzz

export VENV ?= .venv
BIN := $(VENV)/bin
BUILD := build
MODEL := examples/fashion_mnist/fashion_mnist_mnv1_a025_32.onnx
# Models whose generated C is checked for its layout: between them they need every template. Those that are not there are
# left out.
MODELS := $(MODEL) $(wildcard examples/fashion_mnist_tiny/*.onnx $(addprefix ../shared/models/, \
    vww_96_int8.tflite mnv1_a010_r48_gray_c2_relu_nosoftmax.tflite mnv2_a035_r96_rgb_c2.tflite \
    qdq_mnv1_a025_r96_rgb.onnx))
PYTEST := $(BIN)/python -m pytest -n auto --dist worksteal
# Random trials that `make test-fresh` makes, each for so long.
TRIALS := -k "many or extremes" $(addprefix tests/, end_to_end/test_random_graphs.py \
    end_to_end/test_emulated_graphs.py frontend/test_tflite_extremes.py)
TRIAL_SECONDS ?= 20

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-16s %s\n", $$1, $$2 }' Makefile

demo: ## Compile the bundled model to C, run it on real images, prove it bit-exact
	@scripts/setup.sh python
	@$(BIN)/python examples/demo.py $(BUILD)/demo

test: ## Run the tests, all but the exhaustive ones; installs torch, compilers and emulators
	@scripts/setup.sh packages
	@scripts/setup.sh python test sweep docs pretrained costs
	@$(PYTEST)

test-fast: ## Run the tests that take no more than seconds
	@scripts/setup.sh python test
	@$(PYTEST) -m "not slow and not exhaustive"

test-exhaustive: ## Run the tests that take many minutes
	@scripts/setup.sh python test
	@$(PYTEST) -m exhaustive

test-fresh: ## Run random trials for some minutes on examples of a new SEED, which is printed
	@scripts/setup.sh python test
	@seed=$${SEED:-$$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}; \
	echo "random trials of seed $$seed; again with: make test-fresh SEED=$$seed"; \
	$(PYTEST) -m "" --hypothesis-profile=fresh --hypothesis-seed=$$seed --trial-seconds=$(TRIAL_SECONDS) $(TRIALS)

fuzz: ## Feed 10,000 changed models to the compiler; what fails is kept in build/fuzzing
	@scripts/setup.sh python test
	@scripts/setup.sh python test fuzz || echo "atheris does not install here: no inputs are guided by coverage"
	@nice -n 19 $(BIN)/python -m tests.fuzzing --save $(BUILD)/fuzzing

accuracy: ## Measure the bundled model on the 10,000 test images of Fashion-MNIST
	@scripts/setup.sh python
	@$(BIN)/mcugen accuracy $(MODEL) --data fashion-mnist

lint: ## Check style, types, and the layout of generated C
	@scripts/setup.sh python test lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	clang-format --dry-run -Werror $$(git ls-files "examples/*.c" "firmware/*.c" "firmware/*.h" "firmware/*.cpp")
	@for model in $(MODELS); do echo "$$model"; done | \
	    xargs -P 2 -n 1 scripts/check_layout.sh $(BIN)/mcugen $(BUILD)/lint

docs: ## Build the documentation site into build/site; a broken link is an error
	@scripts/setup.sh python docs
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "$(BUILD)/site/index.html"

docs-images: ## Make the pictures of the documentation anew, in Chromium; trains a small net for two minutes
	@scripts/setup.sh python test sweep
	@$(BIN)/python scripts/docs_images.py

packages: ## Install all system packages that the tests can use, with apt
	@scripts/setup.sh packages

clean: ## Remove everything that was made: the environment, generated code, caches
	rm -rf .venv $(BUILD) dist .pytest_cache .hypothesis .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
