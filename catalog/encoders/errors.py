"""What can be wrong with the model that was asked for. Each names the setting and what to do."""

from __future__ import annotations

from enum import StrEnum

from store.errors import Unavailable


class ModelFault(StrEnum):
    """Why an embedding model cannot be used."""

    UNKNOWN = "embedding_model_unknown"
    BROKEN = "embedding_model_broken"
    NO_PACKAGE = "embedding_package_missing"
    OTHER_DIMENSION = "embedding_dimension_wrong"


class ModelUnusable(Unavailable):
    """The embedding model cannot be used as it is set; `fault` says why. No caller's mistake: the installation's."""

    retryable = False

    def __init__(self, fault: ModelFault, message: str, *, fix: str, setting: str = "model") -> None:
        super().__init__(message, pointer=f"embedding.{setting}", fix=fix, reason=fault.value)
        self.fault = fault


def broken(model: str, why: str) -> ModelUnusable:
    """The files of `model` are there and cannot be used."""
    return ModelUnusable(
        ModelFault.BROKEN,
        f"The embedding model {model} cannot be used: {why}.",
        fix="Put a whole sentence-transformers model there (model.save(FOLDER)), or set embedding.model to another.",
    )


def package_missing(package: str, what: str) -> ModelUnusable:
    """`what` needs a package that is not installed."""
    return ModelUnusable(
        ModelFault.NO_PACKAGE,
        f"{what} needs the package {package}, which is not installed.",
        fix='Install it with pip install "penfriend[onnx]", or set embedding.backend to "torch".',
        setting="backend",
    )
