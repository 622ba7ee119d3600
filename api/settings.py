"""All settings, in one place: defaults that work, `penfriend.toml` in the home folder, `PENFRIEND_*` over both."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from catalog.encoders.settings import EmbeddingSettings
from composer.comparing.settings import CompareSettings
from composer.handoff.settings import ListmonkSettings, SmtpSettings, WebhookSettings
from composer.harm.model import Limits
from composer.model_settings import ModelSettings
from composer.runs.settings import RunSettings
from composer.word_settings import WordSettings
from memory.due.rules import Thresholds
from memory.privacy.retention import RetentionSettings
from store.crypto import Keyring, load_keyring, parse_keyring
from store.errors import InvalidInput

PREFIX = "PENFRIEND_"
DEFAULT_HOME = Path(".penfriend")
CONFIG_NAME = "penfriend.toml"
MAX_UPLOAD_BYTES = 64 * 1024 * 1024
"""Of one catalog feed over HTTP; larger ones go through `penfriend import`."""

CONFIG_TEMPLATE = """\
# Penfriend's settings. Every line shows its default; remove the # to change it.
# An environment variable goes over this file: PENFRIEND_PORT=9000, PENFRIEND_MODEL__MODEL=openai/gpt-5-mini.

# database_url = "sqlite:///{home}/penfriend.db"   # or postgresql://user:password@host/penfriend
# host = "127.0.0.1"
# port = 8000
# log_level = "INFO"
# max_body_bytes = 2000000                         # of one JSON request
# private_feeds = false      # feeds may come from private addresses, and without TLS
# judges = []                # your own, as "my_package:SupportJudge": they may object to what a model wrote

[model]
# model = "local"            # the embedded model; or any LiteLLM name: "openai/gpt-5-mini", "ollama/qwen3"
# api_base = ""              # where an OpenAI-compatible server of your own listens
# fallback_model = ""        # asked for the blocks that the first model could not write
# max_concurrency = 100      # calls in flight to each hosted model, all processes together
                             # (requests_per_minute, tokens_per_minute: none; what it refuses teaches the rate)
# judge_model = ""           # asked whether it objects to what the others wrote
# gguf = ""                  # other weights for the embedded model: the path of a GGUF file

[words]                      # a model that reads reviews, surveys and notes, beside the rules that do
# model = ""                 # any LiteLLM name; without one the rules read alone
# api_base = ""
# per_hour = 500             # reviews, surveys and notes at most

[embedding]                  # what products and searches are compared with; another one encodes all products anew
# model = "all-MiniLM-L6-v2" # the packaged model; or a sentence-transformers or model2vec model: folder or hub name
# backend = "auto"           # "torch", or "onnx" for ONNX Runtime (pip install "penfriend[onnx]")
# precision = "auto"         # "float32", "bfloat16" (fast where the CPU has it), "int8" (with backend "onnx")
# query_prompt = ""          # before each search, where the model wants one: "query: " for E5
# document_prompt = ""       # before each product text: "passage: " for E5
# max_tokens = 128           # longer texts are cut

[runs]                       # campaign runs
# concurrency = 100          # e-mails that one process writes at the same time
# embedded = "auto"          # `penfriend serve` works on runs: "auto" (on SQLite, in a process beside it),
                             # "on" (in its own process), "off"
# lease_s = 30               # seconds after which what a dead process had in hand is taken over
# grace_s = 8                # seconds that e-mails being written get when a process is told to end
# worker_max_mb = 1500       # memory of its own from which a worker begins anew; 0: never

[due]                        # who is due for a flow
# vip_orders = 6             # orders from which somebody is a VIP
# vip_spent = 500            # or money spent, in the currency of most of their orders; without it orders alone count
# replenish_days = 5         # days before something runs out
# browse_views = 2           # products looked at within a day, from which somebody has browsed
# timezone = "UTC"           # of customers whose own is not known

[smtp]                       # the relay for `penfriend send RUN --smtp`
# host = ""
# port = 587                 # 465 with security "tls", 25 with "plain"
# security = "starttls"      # or "tls"; "plain" only for a relay on this machine
# username = ""
# password = ""              # better in the environment: PENFRIEND_SMTP__PASSWORD
# connections = 4            # kept open, in each process that delivers
# per_second = 20            # e-mails at most, in each process that delivers; without it as fast as it goes
# timeout_s = 60
# return_path = ""           # where bounces go; the brand's sender without it
# dsn = false                # ask for delivery status notifications

[listmonk]                   # for `penfriend send RUN --listmonk`
# url = ""                   # "https://listmonk.shop.example"
# username = ""              # an API user, and its token: PENFRIEND_LISTMONK__TOKEN
# token = ""
# template_id = 0            # a transactional template whose body is {{ .Tx.Data.html | Safe }}
# messenger = "email"

[retention]                  # days after which each kind goes; without a line it is kept for ever
# events = 1095              # memory keeps what it learned from them, and cannot be told as of an earlier moment
# searches = 90              # what customers typed into the search box; the same
# visitors = 30              # everything about visitors who never said who they are, after their last event
# contacts = 1095            # the contact ledger
# emails = 365               # e-mails with their revisions and records
# decisions = 400            # how e-mails were decided, and what came of it; what was learned from them stays
# episodes = 400             # what came of campaigns, by customer; sums by day stay
# recipients = 365           # who was in a run and its hand-offs, after its end; the numbers stay

[compare]                    # what the studio's page Compare offers beside campaigns and their versions
# models = []                # other LiteLLM names to compare with; their keys come from the environment
# prompts = "prompts"        # holds folders with changed prompts; as default `prompts` in the home folder

[harm]                       # rates above which nothing is decided by what was learned (docs/learning.md)
# complaints = 0.001         # of e-mails; Gmail: keep below 0.1 %, never reach 0.3 %
# unsubscribes = 0.01
# pause_runs = false         # also pause the running runs of what too many complaints came of

[webhooks]                   # outgoing ones
# private = false            # they may go to private addresses, and without TLS
"""


class WrongSetting(InvalidInput):
    """A setting has a value it cannot have."""

    reason = "wrong_setting"


class Settings(BaseSettings):
    """What one installation is made of. Read it with `read_settings`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, env_ignore_empty=True
    )

    home: Path = DEFAULT_HOME
    """Holds the database, keys, index, previews and `penfriend.toml`."""
    database_url: str | None = None
    """None: SQLite in the home folder."""
    keyring: SecretStr | None = None
    """The whole content of a key file, for places without a disk; None: `keys.json` in the home folder."""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65_535)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    max_body_bytes: int = Field(default=2_000_000, ge=10_000)
    private_feeds: bool = False
    """Feeds may come from machines that are not on the public internet, and over plain HTTP."""
    judges: tuple[str, ...] = ()
    """`MODULE:NAME` of judges that may object to what a model wrote (`evals.judges`), beside those installed."""
    model: ModelSettings = ModelSettings()
    embedding: EmbeddingSettings = EmbeddingSettings()
    runs: RunSettings = RunSettings()
    words: WordSettings = WordSettings()
    due: Thresholds = Thresholds()
    smtp: SmtpSettings = SmtpSettings()
    listmonk: ListmonkSettings = ListmonkSettings()
    webhooks: WebhookSettings = WebhookSettings()
    retention: RetentionSettings = RetentionSettings()
    compare: CompareSettings = CompareSettings()
    harm: Limits = Limits()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments over environment over file."""
        file = _home(init_settings().get("home")) / CONFIG_NAME
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, file)

    @property
    def database(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{self.home.absolute() / 'penfriend.db'}"

    def local_url(self, port: int | None = None) -> str:
        """Where a browser on this machine finds it; who listens on all addresses is found at `localhost`."""
        everywhere = self.host in ("0.0.0.0", "::")  # noqa: S104  # compared, not bound
        host = "localhost" if everywhere else f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{port or self.port}"

    @property
    def keys_file(self) -> Path:
        """Encryption keys, readable by their owner only."""
        return self.home / "keys.json"

    @property
    def erasures_file(self) -> Path:
        """Who was erased, as keyed hashes: what a restored backup is told."""
        return self.home / "erasures.ndjson"

    @property
    def index_dir(self) -> Path:
        """The FAISS index: an artefact that can be rebuilt."""
        return self.home / "index"

    @property
    def models_dir(self) -> Path:
        """ONNX files made from a model's weights: artefacts that can be made again."""
        return self.home / "models"

    @property
    def pictures_dir(self) -> Path:
        """Pictures of the demo shop, served under `/demo/pictures`."""
        return self.home / "demo" / "pictures"

    @property
    def prompts_dir(self) -> Path:
        """Holds folders with changed prompts, to compare with."""
        return self.compare.prompts or self.home / "prompts"

    @property
    def uploads_dir(self) -> Path:
        """Feeds while they are being imported."""
        return self.home / "uploads"

    @property
    def own_files(self) -> tuple[Path, ...]:
        """Files and folders of the home that no data is read from; its database's are known to the store."""
        names = (CONFIG_NAME, "local-model.json", "local-model.lock", "local-model.log")
        return (
            self.keys_file,
            self.erasures_file,
            self.index_dir,
            self.models_dir,
            *(self.home / one for one in names),
        )

    def load_keyring(self) -> Keyring:
        """The encryption keys. Raises KeyFileMissing, BadKeyring, NotAllowed."""
        if self.keyring is not None:
            return parse_keyring(self.keyring.get_secret_value())
        return load_keyring(self.keys_file)


def read_settings(home: Path | None = None) -> Settings:
    """Read settings; `home` goes over `PENFRIEND_HOME`.

    Raises WrongSetting, which names the variable, the file it may stand in, and the fix.
    """
    file = _home(home) / CONFIG_NAME
    try:
        return Settings() if home is None else Settings(home=home)
    except ValidationError as error:
        first = error.errors()[0]
        path = [str(part) for part in first["loc"]]
        variable = PREFIX + "__".join(path).upper()
        raise WrongSetting(
            f"The setting {'.'.join(path)} is wrong: {first['msg']}.",
            pointer=variable,
            fix=f"Correct or remove {variable} in the environment, or {'.'.join(path)} in {file}.",
        ) from error
    except SettingsError as error:
        raise WrongSetting(
            f"A PENFRIEND_ variable cannot be read: {error}.",
            fix="Set single fields, as in PENFRIEND_MODEL__MODEL=openai/gpt-5-mini.",
        ) from error
    except (tomllib.TOMLDecodeError, OSError) as error:
        raise WrongSetting(f"{file} cannot be read: {error}.", fix="Correct the file.") from error


def _home(given: object) -> Path:
    return Path(str(given or os.environ.get(PREFIX + "HOME") or DEFAULT_HOME))
