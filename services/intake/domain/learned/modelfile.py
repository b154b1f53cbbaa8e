"""A model as one file: an npz of plain arrays, checked through before anything of it is used. No pickle, ever.

`about.json` (UTF-8 bytes) holds what a person would ask; the arrays are `hashes`, `weights`, `scales`, `own`, `importance`.
"""

import io
import json
import zipfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.intake.domain.learned.model import About, Model
from services.intake.domain.learned.vocabulary import Vocabulary

FORMAT = 1
MOST_BYTES = 64 * 1024 * 1024
_MOST_INFLATED = 512 * 1024 * 1024
MOST_LABELS = 2_000
_LONGEST_LABEL = 200
_TYPES = {"hashes": "<u8", "importance": "<f4", "weights": "|i1", "scales": "<f4", "own": "<f4", "about": "|u1"}


class BadModel(ValueError):
    """The file is none of ours or was changed; says what to do, in Chinese."""


def dumped(model: Model) -> bytes:
    told = {
        "format": FORMAT,
        "version": model.about.version,
        "trained_at": model.about.trained_at,
        "rows": model.about.rows,
        "label": model.about.label,
        "columns": list(model.about.columns),
        "scores": dict(model.about.scores),
        "labels": list(model.labels),
        "sharpness": model.sharpness,
    }
    out = io.BytesIO()
    np.savez_compressed(
        out,
        about=np.frombuffer(json.dumps(told, ensure_ascii=False).encode(), np.uint8),
        hashes=model.vocabulary.hashes,
        importance=model.vocabulary.weights,
        weights=model.weights,
        scales=model.scales,
        own=model.own,
    )
    return out.getvalue()


def read(raw: bytes) -> Model:
    """BadModel for anything that could not be asked afterwards."""
    arrays = _arrays(raw)
    try:
        told = json.loads(arrays["about"].tobytes())
        if told["format"] != FORMAT:
            raise BadModel(
                f"模型文件是第 {told['format']} 版格式，这里只认第 {FORMAT} 版，请用本机的 duoge classify train 重新训练"
            )
        model = _model(told, arrays)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise error if isinstance(error, BadModel) else _not_ours() from None
    _check(model)
    return model


def _arrays(raw: bytes) -> dict[str, NDArray[Any]]:
    if len(raw) > MOST_BYTES:
        raise BadModel(f"模型文件超过 {MOST_BYTES // 1024 // 1024} MB，请减少标签或台账的行数后重新训练")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MOST_INFLATED:
                raise BadModel("模型文件展开后大得不合常理，没有采用")
        with np.load(io.BytesIO(raw), allow_pickle=False) as held:
            arrays = {name: held[name] for name in _TYPES}
    except BadModel:
        raise
    except Exception:  # numpy reads an array's header with Python's own parser, which raises whatever it likes
        raise _not_ours() from None
    if any(arrays[name].dtype.newbyteorder("=") != np.dtype(kind).newbyteorder("=") for name, kind in _TYPES.items()):
        raise _not_ours()
    return arrays


def _model(told: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Model:
    scores = {str(name): float(value) for name, value in told["scores"].items()}
    about = About(
        _text(told["version"]),
        _text(told["trained_at"]),
        int(told["rows"]),
        _text(told["label"]),
        tuple(map(_text, told["columns"])),
        scores,
    )
    return Model(
        about,
        tuple(map(_text, told["labels"])),
        Vocabulary(arrays["hashes"], arrays["importance"]),
        arrays["weights"],
        arrays["scales"],
        arrays["own"],
        float(told["sharpness"]),
    )


def _check(model: Model) -> None:
    grams, labels = len(model.vocabulary), len(model.labels)
    shapes = {
        model.vocabulary.hashes.shape: (grams,),
        model.vocabulary.weights.shape: (grams,),
        model.scales.shape: (grams,),
        model.weights.shape: (grams, labels),
        model.own.shape: (labels,),
    }
    reals = (model.vocabulary.weights, model.scales, model.own)
    fine = (
        all(found == wanted for found, wanted in shapes.items())
        and 2 <= labels <= MOST_LABELS
        and len(set(model.labels)) == labels
        and bool((model.vocabulary.hashes[1:] > model.vocabulary.hashes[:-1]).all())
        and all(bool(np.isfinite(one).all()) for one in reals)
        and bool(np.isfinite(list(model.about.scores.values()) or [0.0]).all())
        and 0 < model.sharpness < 1_000
        and model.about.rows >= 0
    )
    if not fine:
        raise _not_ours()


def _text(told: Any) -> str:
    if not isinstance(told, str) or len(told) > _LONGEST_LABEL or "\x00" in told:
        raise _not_ours()
    told.encode()  # half a pair of surrogates can't be stored
    return told


def _not_ours() -> BadModel:
    return BadModel("这不是 duoge classify train 训练出来的模型文件，或者已经损坏，请重新训练后再上传")
