"""The language a client prefers, from its ``Accept-Language``."""

from clientela.i18n import Lang


def preferred(accept: str | None) -> Lang:
    """Choose the first language we have; English where there is none.

    Examples
    --------
    >>> preferred("fr, pt-BR;q=0.8, en;q=0.5"), preferred("de"), preferred(None)
    ('pt_BR', 'en', 'en')
    """
    if accept is None:
        return "en"
    return next((lang for tag in _by_weight(accept) if (lang := _known(tag))), "en")


def _by_weight(accept: str) -> list[str]:
    weighed = [_weigh(part) for part in accept.split(",")]
    return [tag for weight, tag in sorted(weighed, key=lambda each: -each[0]) if weight > 0]


def _weigh(part: str) -> tuple[float, str]:
    tag, _, quality = part.partition(";")
    try:
        return float(quality.strip().removeprefix("q=") or 1), tag.strip().lower()
    except ValueError:
        return 0.0, tag


def _known(tag: str) -> Lang | None:
    primary = tag.partition("-")[0]
    return "pt_BR" if primary == "pt" else "en" if primary == "en" else None
