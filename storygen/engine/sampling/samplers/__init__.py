"""The samplers in the order in which they change the distribution, unless `sampler_order` says otherwise.

A sampler is one module with `PARAMETERS` (torch-free descriptions) and either `build(params)`, which returns
a function of (history `(batch, num_tokens) int64`, scores `(batch, vocab) float32`) → scores, or, where it
needs words, chance or a memory, `build_stage(params, seed, language)`, which returns a `stage.Stage`. Both
return None when the parameters switch the sampler off. `ROW_BY_ROW`: the function looks at the history, or
takes one row only. To add one, write its file and name it in `ORDER`.

What may not come goes first, then what is said of single tokens, then what the text repeats; the shape of
the distribution comes before the cuts, as transformers orders its own; chance and feedback come last.
"""

from __future__ import annotations

from . import (
    banned_tokens,
    dry,
    dynamic_temperature,
    epsilon,
    eta,
    frequency,
    grammar,
    logit_bias,
    min_p,
    mirostat,
    no_repeat_ngram,
    phrase_bias,
    repetition,
    smoothing,
    tail_free,
    temperature,
    top_a,
    top_h,
    top_k,
    top_n_sigma,
    top_p,
    typical_p,
    xtc,
)

ORDER = (
    grammar,
    *(banned_tokens, logit_bias, phrase_bias),
    *(no_repeat_ngram, repetition, frequency, dry),
    *(top_n_sigma, temperature, dynamic_temperature, smoothing),
    *(top_k, top_p, min_p, top_a, typical_p, tail_free, top_h, epsilon, eta),
    *(xtc, mirostat),
)
