"""Writes the .pth files beside it (torch 2.13), which torch_test.ts reads."""
import collections
import datetime
import os
import pathlib
import torch

HERE = pathlib.Path(__file__).parent


class Config(dict):
    """Stands for a class that a reader does not know."""


def state():
    base = torch.arange(12, dtype=torch.float32).reshape(3, 4) / 4
    return collections.OrderedDict([
        ("plain", base),
        ("transposed", base.t()),
        ("tail", base[1:, 2:]),
        ("half", torch.tensor([1.0, -2.5, 65504.0, 2.0**-24]).half()),
        ("bfloat", torch.tensor([1.0, -3.140625]).bfloat16()),
        ("double", torch.tensor([1 / 3], dtype=torch.float64)),
        ("bn.num_batches_tracked", torch.tensor(1234567890123)),
        ("mask", torch.tensor([True, False])),
        ("bytes", torch.tensor([0, 255], dtype=torch.uint8)),
        ("short", torch.tensor([-7, 7], dtype=torch.int16)),
        ("parameter", torch.nn.Parameter(torch.tensor([[0.5]]))),
        ("empty", torch.zeros(0, 3)),
    ])


def checkpoint():
    meta = {
        "epoch": 24, "time": datetime.timedelta(seconds=3),
        "config": Config(lr=4e-4), "classes": ("car", "truck"), "seed": None,
    }
    optimizer = {"state": {0: {"exp_avg": torch.ones(2)}}, "param_groups": [1]}
    return {"meta": meta, "state_dict": state(), "optimizer": optimizer}


class Attack:
    """Would run a command where a reader executes pickles."""

    def __reduce__(self):
        return os.system, ("touch executed-by-pickle",)


torch.save(checkpoint(), HERE / "zip.pth")
torch.save(
    checkpoint(), HERE / "legacy.pth", _use_new_zipfile_serialization=False
)
torch.save(state(), HERE / "bare.pth")
torch.save({"evil": Attack(), "model": {"w": torch.ones(2)}}, HERE / "attack.pth")
torch.save({"meta": {"epoch": 1}}, HERE / "nothing.pth")


class Keyword:
    """Pickled by protocol 2 as a call of what functools.partial returns."""

    def __new__(cls, *, a):
        return super().__new__(cls)

    def __getnewargs_ex__(self):
        return (), {"a": 1}


def strange():
    state_dict = {"w": torch.ones(2), "wide": torch.tensor([65535, 7]).to(torch.uint16)}
    states = {"big": 2**64 + 1, "low": -(2**40), "object": Keyword(a=1)}
    other = {"c": torch.ones(2).to(torch.complex64), "f": torch.ones(3).to(torch.float8_e5m2)}
    return {"random": states, "other": other, "state_dict": state_dict}


for protocol in (2, 4):
    torch.save(strange(), HERE / f"strange-zip{protocol}.pth", pickle_protocol=protocol)
    torch.save(
        strange(), HERE / f"strange-legacy{protocol}.pth", pickle_protocol=protocol,
        _use_new_zipfile_serialization=False,
    )
