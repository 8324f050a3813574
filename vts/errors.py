"""What stops a run: one sentence that names file, place and remedy. A bad line never comes here; it is counted."""


class LingdingError(Exception):
    """Base of every error that is meant for the user; cli.py prints its text and leaves with `exit_code`."""

    exit_code = 3


class LogError(LingdingError):
    """A log that cannot be opened or read on."""


class ZoneError(LingdingError):
    """A zone file, or a zone in it, that cannot be used."""


class SiteError(LingdingError):
    """A radar site that is missing or impossible."""


class RegisterError(LingdingError):
    """A register of vessels, permits or weather that cannot be used."""


class ModelError(LingdingError):
    """A model file that is foreign, damaged or of another feature set."""


class ConfigError(LingdingError):
    """A configuration value that is unknown or out of range."""


class StoreError(LingdingError):
    """A store that is missing, locked, damaged or of another version."""


class StateError(LingdingError):
    """A saved Tracker or Watch that does not belong to this version or configuration."""


class SchemaError(LingdingError):
    """Columns that do not make a table: unequal lengths, wrong type or unknown name."""


class UsageError(LingdingError):
    """A request that cannot be carried out as asked."""

    exit_code = 2
