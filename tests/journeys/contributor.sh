# A contributor has a checkout and wants to change something without breaking it.
# needs: make
# in: checkout
make
#> demo
#> test-fast
#> lint
make -n lint
#> ruff
#> mypy
python -m scripts.structure
#> longest module
#> imports against the order
python -m pytest -q -p no:cacheprovider tests/kernels/test_assembly.py
#> passed
python -m scripts.fingerprint --help
#> --compare
python -m scripts.machine_code --help
#> --compare
python -m tests.fuzzing --help
#> --save
