"""Impossible numbers among the settings of a simulation, refused in one voice."""

from clientela.errors import InputError


def check(sound: bool, sentence: str) -> None:
    """Refuse a setting that is not sound.

    Raises
    ------
    InputError
        It says what the setting must be.
    """
    if not sound:
        raise InputError(sentence, where="settings of the simulation", do="correct the number")


def check_shares(settings: object) -> None:
    """Refuse shares outside [0, 1): they are the settings whose names say so.

    Raises
    ------
    InputError
        It names the share.
    """
    for name, value in vars(settings).items():
        if name.endswith("_share"):
            check(0.0 <= value < 1.0, f"{name} must be in [0, 1)")
