"""The other side of the comparison: transformers alone, in a process of its own.

`python -m storygen.bench.bare MODEL PRECISION THREADS` reads one JSON command a line and answers each
with one line: {"do": "loop" | "generate" | "read", "text": …, "tokens": n} → {"seconds": …, "tokens": n}.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any


def main() -> None:
    """Serve commands until standard input ends."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    source, precision, threads = sys.argv[1:4]
    torch.set_num_threads(int(threads))
    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]
    model = AutoModelForCausalLM.from_pretrained(source, dtype=dtype).eval()
    tokenizer = AutoTokenizer.from_pretrained(source)
    verbs = {"loop": _loop, "generate": _generate, "read": _read}
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        ids = tokenizer(command["text"], return_tensors="pt").input_ids
        with torch.inference_mode():
            answer = verbs[command["do"]](model, ids, command["tokens"])
        print(json.dumps(answer), flush=True)


def _loop(model: Any, ids: Any, num_tokens: int) -> dict[str, float]:
    """Greedy tokens, one forward pass each, after the prompt has been read."""
    out = model(ids, use_cache=True, logits_to_keep=1)
    token = out.logits[:, -1].argmax(-1, keepdim=True)
    start = time.perf_counter()
    for _ in range(num_tokens):
        out = model(token, past_key_values=out.past_key_values, use_cache=True)
        token = out.logits[:, -1].argmax(-1, keepdim=True)
    return {"seconds": time.perf_counter() - start, "tokens": num_tokens}


def _generate(model: Any, ids: Any, num_tokens: int) -> dict[str, float]:
    """The same through `generate`; the prompt's reading is measured alone and taken off."""
    start = time.perf_counter()
    model.generate(ids, max_new_tokens=1, do_sample=False)
    first = time.perf_counter() - start
    start = time.perf_counter()
    model.generate(
        ids, max_new_tokens=num_tokens + 1, min_new_tokens=num_tokens + 1, do_sample=False
    )
    return {"seconds": time.perf_counter() - start - first, "tokens": num_tokens}


def _read(model: Any, ids: Any, num_tokens: int) -> dict[str, float]:
    """Reading the last `num_tokens` tokens of the prompt afresh, to the logits of the next one."""
    kept = ids[:, -num_tokens:]
    start = time.perf_counter()
    model(kept, use_cache=True, logits_to_keep=1)
    return {"seconds": time.perf_counter() - start, "tokens": kept.shape[1]}


if __name__ == "__main__":
    main()
