"""What nets are trained for: a task a file.

| task | loss and measures | command | quantize |
| --- | --- | --- | --- |
| classify | `classify.py` | `cli/train_classify.py` | `quantization/run.py` |
| detect | `detect.py` | `cli/train_detect.py` | `quantization/detector.py` |
| embed | `embed.py` | `cli/train_embed.py` | `quantization/vectors.py` |
| regress | `regress.py` | `cli/train_regress.py` | `quantization/vectors.py` |

The loop (`training/loop.py`) asks an `Objective`; `mcugen train` has the list (`cli/train.py`).
"""
