"""The samplers in the order in which they change the distribution, as transformers orders its own.

A sampler is one module with `PARAMETERS` (torch-free descriptions) and `build(params)`, which returns a
function of (history `(1, num_tokens) int64`, scores `(1, vocab) float32`) → scores, or None when its
parameters switch it off. To add one, write its file and name it in `ORDER`.
"""

from __future__ import annotations

from . import min_p, repetition, temperature, top_k, top_p, typical_p

ORDER = (repetition, temperature, top_k, top_p, min_p, typical_p)
